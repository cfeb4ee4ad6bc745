"""Imported rows that wait in quarantine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from assistant.domain import Example, LabelledText, Split
from assistant.model.encoder import Progress, Vectors
from assistant.services.rows.importing import import_labelled
from assistant.services.runs.report import as_markdown
from assistant.services.runs.retrain import ExitCode
from assistant.services.runs.setup import set_up
from assistant.services.runs.work import waiting
from tests.nights import run
from tests.shops import INTENTS, PLAN, Shop, corpus, train
from tests.synthetic import WordEncoder

DOUBTED = LabelledText(train("refund", 60)[40].text, "delivery")


def imported(shop: Shop) -> None:
    """A night's import in which one row has the wrong label."""
    import_labelled(shop.store, [*train("delivery", 60)[40:], DOUBTED], "ada", split=Split.TRAIN)


def doubted(shop: Shop) -> Any:
    with shop.store.unit(read_only=True) as uow:
        return uow.examples.active_for(DOUBTED.text)


def test_an_imported_row_that_its_neighbours_contradict_waits_and_is_reported(shop: Shop) -> None:
    imported(shop)
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert result.report["quarantined"] == [doubted(shop).id]
    assert doubted(shop).id not in result.report["learned_examples"]
    assert repr(DOUBTED.text[:40]) in result.reason
    assert f"| In quarantine | example {doubted(shop).id} |" in as_markdown(result.report)
    assert DOUBTED.text not in shop.learner().memory.texts
    again = run(shop)  # nothing is left but what waits, and waiting is no reason to publish
    assert again.exit_code is ExitCode.NOTHING_TO_DO
    assert "1 imported row in quarantine" in again.reason


@pytest.mark.parametrize("label", [DOUBTED.intent, "refund"], ids=["confirmed", "corrected"])
def test_a_row_in_quarantine_is_learned_once_somebody_labels_it_again(shop: Shop, label: str) -> None:
    imported(shop)
    run(shop)
    import_labelled(shop.store, [LabelledText(DOUBTED.text, label)], "ada")
    result = run(shop)
    assert result.report["quarantined"] == []
    assert doubted(shop).id in result.report["learned_examples"]


def test_a_switch_of_the_encoder_leaves_it_waiting(shop: Shop) -> None:
    imported(shop)
    other = WordEncoder(0.4)
    result = shop.switch().run(other, actor="lea", progress=lambda *_: None)
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    assert result.report["quarantined"] == [doubted(shop).id]
    assert "1 imported row in quarantine" in result.reason
    shop.encoder = other
    assert DOUBTED.text not in shop.learner().memory.texts
    assert shop.pending() == [DOUBTED.text]


class LowerCase(WordEncoder):
    """Case is nothing to it, as to many encoders."""

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        return super().embed([text.lower() for text in texts], progress)


@pytest.mark.parametrize("spelling", [str, str.upper])
def test_what_the_memory_holds_is_labelled_anew_on_purpose_in_any_spelling(
    tmp_path: Path, spelling: Callable[[str], str]
) -> None:
    shop = Shop(tmp_path / "var", LowerCase())
    set_up(shop.store, corpus(*INTENTS), shop.encoder, PLAN, shop.folder)
    old = next(text for text in shop.learner().memory.texts if text.startswith("refund"))
    import_labelled(shop.store, [LabelledText(spelling(old), "delivery")], "ada")
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    memory = dict(zip(shop.learner().memory.texts, shop.learner().memory.intents, strict=True))
    assert memory[spelling(old)] == "delivery"
    shop.engine.dispose()


def test_what_an_operator_says_at_the_desk_is_never_held(shop: Shop) -> None:
    shop.label(*train("delivery", 60)[40:], DOUBTED)
    assert run(shop).report["quarantined"] == []


def test_of_a_large_import_what_waits_is_set_apart_row_by_row(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [*train("refund", 500)[4:], *train("delivery", 60)]
    wrong = [replace(row, intent="delivery") if number % 5 == 0 else row for number, row in enumerate(given)]
    import_labelled(shop.store, wrong, "ada", split=Split.TRAIN)
    with shop.store.unit(read_only=True) as uow:
        work = waiting(uow)
    compared = count()
    monkeypatch.setattr(Example, "__eq__", lambda one, other: next(compared) >= 0 and one is other)
    checked = work.checked(shop.learner(), PLAN)
    assert len(checked.held) > 50
    assert len(checked.train) + len(checked.held) == len(work.train)
    # Each with every other that is held, as they once were, thousands took minutes.
    assert next(compared) <= len(work.train)
