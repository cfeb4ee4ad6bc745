"""What is learned, what only judges, and what happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.domain import OUT_OF_SCOPE, LabelledText, Split
from assistant.errors import CorruptVersionError, LiveVersionChangedError, StoreError
from assistant.learning import checkpoint
from assistant.learning.update import Learner
from assistant.model.encoder import TextEncoder
from assistant.services.runs.retrain import ExitCode
from assistant.store import split_of
from assistant.strategies import Spec
from tests.nights import LADDER, WARRANTY, run, spied, state
from tests.shops import PLAN, Shop, holdout, publish_beside, train


def test_rows_of_the_holdout_are_never_trained_on_nor_remembered(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = spied(monkeypatch)
    shop.plans = LADDER
    rows = [LabelledText(f"warranty {n}", "warranty") for n in range(60)]
    shop.label(*rows)
    held = {row.text for row in rows if split_of(row.text) is Split.HOLDOUT}
    assert 6 <= len(held) <= 20  # about one in five
    assert run(shop).exit_code is ExitCode.PUBLISHED
    assert {example.text for example in shop.examples(Split.HOLDOUT)} >= held
    assert sorted(row.text for row in seen[0]) == sorted({row.text for row in rows} - held)
    every_held = {example.text for example in shop.examples(Split.HOLDOUT)}
    assert not every_held & set(shop.learner().memory.texts)
    assert not every_held & {row.text for new in seen for row in new}


def test_a_relabelled_text_replaces_the_exemplar_also_in_another_spelling(shop: Shop) -> None:
    old = next(text for text in shop.learner().memory.texts if text.startswith("refund"))
    shop.label(LabelledText(old.upper(), "delivery"), *train("delivery", 5))
    assert run(shop).exit_code is ExitCode.PUBLISHED
    memory = dict(zip(shop.learner().memory.texts, shop.learner().memory.intents, strict=True))
    assert old not in memory
    assert memory[old.upper()] == "delivery"


@pytest.mark.parametrize("spelling", [str, str.upper])
@pytest.mark.parametrize("label", ["delivery", OUT_OF_SCOPE])
def test_a_relabelled_exemplar_leaves_all_that_was_summed_up(
    shop: Shop, spelling: Callable[[str], str], label: str
) -> None:
    shop.plans = (replace(PLAN, regularizer=Spec(name="ewc_exact"), scope=Spec(name="output")),)
    shop.label(*train("delivery", 5))
    assert run(shop).exit_code is ExitCode.PUBLISHED
    before = counted(shop)
    old = next(text for text in shop.learner().memory.texts if text.startswith("refund"))
    shop.label(LabelledText(spelling(old), label))
    assert run(shop).exit_code is ExitCode.PUBLISHED
    moved = {"refund": -1, **({} if label == OUT_OF_SCOPE else {label: 1})}
    expected = {intent: count + moved.get(intent, 0) for intent, count in before.items()}
    assert counted(shop) == dict(shop.learner().memory.arrived) == expected


def counted(shop: Shop) -> dict[str, int]:
    """How many rows of each intent the live version has summed up."""
    learner = shop.learner()
    return dict(zip(learner.model.labels, learner.carried["sums"][:, -1].round().int().tolist(), strict=True))


def test_corrections_made_during_the_training_stay_pending(shop: Shop) -> None:
    first, late = WARRANTY, train("warranty", 3, start=5000)
    shop.label(*first)
    moved = LabelledText(first[0].text, "refund")  # one that is being learned gets another label

    def progress(what: str, done: int, total: int) -> None:
        if (what, done) == ("learning", 5):
            shop.label(*late, moved)

    result = run(shop, progress=progress)
    assert result.exit_code is ExitCode.PUBLISHED
    assert result.report["trained_rows"] == 12
    assert shop.pending() == [*(row.text for row in late), moved.text]
    again = run(shop)
    assert (again.exit_code, again.report["trained_rows"]) == (ExitCode.PUBLISHED, 4)
    assert shop.pending() == []


def test_a_label_taken_back_during_the_training_is_not_published(shop: Shop) -> None:
    ids = shop.label(*WARRANTY)

    def progress(what: str, done: int, total: int) -> None:
        if (what, done) == ("learning", 5):
            with shop.store.unit() as uow:
                uow.examples.undo(ids[0])

    live, marks = shop.live().id, shop.marks()
    with pytest.raises(StoreError, match="a label was taken back"):
        run(shop, progress=progress)
    assert (shop.live().id, shop.marks(), len(shop.versions().all())) == (live, marks, 1)
    assert len(shop.pending()) == 21
    assert run(shop).exit_code is ExitCode.PUBLISHED


def test_when_another_version_goes_live_meanwhile_nothing_is_changed(shop: Shop) -> None:
    shop.label(*WARRANTY)
    first = shop.live()

    def progress(what: str, done: int, total: int) -> None:
        if (what, done) == ("judging", 1):
            publish_beside(shop.store, first)

    pending, marks = shop.pending(), shop.marks()
    with pytest.raises(LiveVersionChangedError, match="version other is live, expected"):
        run(shop, progress=progress)
    assert shop.live().id == "other"
    assert {version.id for version in shop.versions().all()} == {first.id, "other"}
    assert (shop.pending(), shop.marks()) == (pending, marks)
    assert shop.tables()["locks"] == []


def test_after_a_rollback_the_corrections_are_pending_again_and_learned_again(shop: Shop) -> None:
    base = shop.live().id
    shop.label(*train("warranty", 12), *holdout("warranty", 2))
    pending = shop.pending()
    first = run(shop).version
    shop.versions().roll_back("lea", "customers complain")
    assert (shop.live().id, shop.pending()) == (base, pending)
    assert shop.says("warranty 7777") != ["warranty"]
    again = run(shop)
    assert again.exit_code is ExitCode.PUBLISHED
    assert (shop.live().parent, shop.pending()) == (base, [])
    assert again.version != first
    assert shop.says("warranty 7777") == ["warranty"]


def test_a_folder_that_answers_otherwise_than_the_model_is_not_published(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.label(*WARRANTY)
    before = state(shop)
    live, load = shop.live().id, checkpoint.load

    def altering(folder: Path, encoder: TextEncoder, digest: str) -> Learner:
        learner = load(folder, encoder, digest)
        if folder.name != live:
            learner.model.head.out_proj.bias.data[0] += 1
        return learner

    monkeypatch.setattr(checkpoint, "load", altering)
    with pytest.raises(CorruptVersionError, match="answers differently"):
        run(shop)
    assert state(shop) == before
