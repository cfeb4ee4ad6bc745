"""Imported rows that wait in quarantine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assistant.domain import LabelledText, Split
from assistant.services.importing import import_labelled
from assistant.services.retrain import ExitCode
from assistant.services.run_report import as_markdown
from tests.nights import run
from tests.shops import PLAN, Shop, train

CAREFUL = (replace(PLAN, quarantine=0.5),)
DOUBTED = LabelledText(train("refund", 60)[40].text, "delivery")


def imported(shop: Shop) -> None:
    """A night's import in which one row has the wrong label."""
    shop.plans = CAREFUL
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
    assert "1 imported rows wait in quarantine" in again.reason


@pytest.mark.parametrize("label", [DOUBTED.intent, "refund"], ids=["confirmed", "corrected"])
def test_a_row_in_quarantine_is_learned_once_somebody_labels_it_again(shop: Shop, label: str) -> None:
    imported(shop)
    run(shop)
    import_labelled(shop.store, [LabelledText(DOUBTED.text, label)], "ada")
    result = run(shop)
    assert result.report["quarantined"] == []
    assert doubted(shop).id in result.report["learned_examples"]


def test_what_an_operator_says_at_the_desk_is_never_held(shop: Shop) -> None:
    shop.plans = CAREFUL
    shop.label(*train("delivery", 60)[40:], DOUBTED)
    assert run(shop).report["quarantined"] == []
