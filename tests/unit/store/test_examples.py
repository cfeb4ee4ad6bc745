"""Promises of the examples: one active label per text, a fixed split, pending follows the live lineage."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from assistant.domain import LabelledText, Split, Version
from assistant.errors import InputError
from assistant.store import Store, UnitOfWork, split_of, text_hash
from tests.fakes import FakeClock

TEXT = "Where is my  MONEY?"


def add(uow: UnitOfWork, text: str, intent: str = "refund", split: Split | None = None) -> int:
    return uow.examples.add(text, intent, split=split, source="correction", operator="ada").id


def publish(uow: UnitOfWork, version: str, parent: str | None, learned: list[int], kind: str = "publish") -> None:
    live = uow.versions.live()
    if version not in [known.id for known in uow.versions.all()]:
        made = datetime(2025, 1, 1, tzinfo=UTC)
        uow.versions.add(Version(version, parent, made, "ready", "encoder", "sha", {}))
    expected = live.id if live else None
    uow.versions.publish(version, expected_live=expected, learned=learned, actor="ada", kind=kind, reason="test")


def pending(uow: UnitOfWork) -> list[str]:
    return [example.text for example in uow.examples.pending()]


@pytest.mark.parametrize("same", [TEXT, "where is my money?", "  Where\tis my\nMONEY? "])
def test_the_same_label_again_is_the_same_example(store: Store, same: str) -> None:
    with store.unit() as uow:
        assert add(uow, TEXT) == add(uow, same)
        assert uow.examples.count() == 1


def test_composed_and_decomposed_letters_are_the_same_text() -> None:
    assert text_hash("caf\u00e9") == text_hash("cafe\u0301") != text_hash("cafe")


def test_another_label_replaces_the_first(store: Store) -> None:
    with store.unit() as uow:
        first, second = add(uow, TEXT), add(uow, TEXT.lower(), "delivery")
        assert first != second
        assert [(e.id, e.intent) for e in uow.examples.all()] == [(second, "delivery")]
        found = uow.examples.active_for(TEXT)
        assert found is not None
        assert found.id == second


@pytest.mark.parametrize("bad", ["", " \n ", "\x00\x07", "\u202e\u2066", "\u200b", "x" * 2001, "\ud800"])
def test_an_unacceptable_text_is_refused(store: Store, bad: str) -> None:
    with pytest.raises(InputError), store.unit() as uow:
        add(uow, bad)


def test_an_unknown_intent_is_refused_naming_the_nearest(store: Store) -> None:
    with pytest.raises(InputError, match=r"'delivry'.*'delivery'"), store.unit() as uow:
        add(uow, TEXT, "delivry")


def test_the_text_alone_decides_its_split_about_one_in_five() -> None:
    sides = [split_of(f"text number {number}") for number in range(2000)]
    assert 320 < sides.count(Split.HOLDOUT) < 480
    assert split_of(TEXT) is split_of("  where is my money?")


def test_a_text_keeps_the_side_it_was_first_on(store: Store) -> None:
    """Holdout is never trained on: not even when a trained text gets another label."""
    texts = [f"text number {number}" for number in range(30)]
    assert {split_of(text) for text in texts} == {Split.TRAIN, Split.HOLDOUT}
    with store.unit() as uow:
        for text in texts:
            add(uow, text, "refund", Split.TRAIN)
            uow.examples.get(add(uow, text, "delivery"))
        assert uow.examples.holdout() == []
        assert uow.examples.count(Split.TRAIN) == len(texts)


def test_many_at_once_do_what_one_by_one_does(store: Store) -> None:
    rows = [LabelledText(f"text {number}", "refund") for number in range(1200)]
    rows += [LabelledText("TEXT 3", "delivery"), LabelledText("text 4", "refund")]
    with store.unit() as uow:
        kept, replaced = add(uow, "text 5"), add(uow, "text 6", "delivery")
        placed = uow.examples.add_many(rows, split=Split.TRAIN, source="seed", operator="seed")
        assert (len(placed.added), placed.superseded, placed.kept) == (1199, (replaced,), (kept,))
        assert uow.examples.count() == 1200
        intents = {example.text: example.intent for example in uow.examples.all()}
        assert (intents["TEXT 3"], intents["text 6"]) == ("delivery", "refund")


def test_many_with_one_unknown_intent_add_nothing(store: Store) -> None:
    with pytest.raises(InputError, match="nonsense"), store.unit() as uow:
        rows = [LabelledText("fine", "refund"), LabelledText("not fine", "nonsense")]
        uow.examples.add_many(rows, source="seed", operator="seed")
    with store.unit() as uow:
        assert uow.examples.count() == 0


def test_pending_is_what_the_live_lineage_has_not_learned(store: Store) -> None:
    with store.unit() as uow:
        one, two = add(uow, "one"), add(uow, "two")
        assert pending(uow) == ["one", "two"]
        publish(uow, "v1", None, [one])
        assert pending(uow) == ["two"]
        publish(uow, "v2", "v1", [two])
        assert pending(uow) == []


def test_going_back_makes_later_lessons_pending_again_and_going_forward_restores_them(store: Store) -> None:
    with store.unit() as uow:
        publish(uow, "v1", None, [add(uow, "one")])
        publish(uow, "v2", "v1", [add(uow, "two")])
        publish(uow, "v3", "v2", [add(uow, "three")])
        publish(uow, "v1", None, [], "rollback")
        assert pending(uow) == ["two", "three"]
        publish(uow, "v2", None, [], "rollback")
        assert pending(uow) == ["three"]


def test_a_sibling_does_not_know_what_its_sibling_learned(store: Store) -> None:
    with store.unit() as uow:
        publish(uow, "v1", None, [add(uow, "one")])
        two = add(uow, "two")
        publish(uow, "left", "v1", [two])
        publish(uow, "v1", None, [], "rollback")
        publish(uow, "right", "v1", [add(uow, "three")])
        assert pending(uow) == ["two"]
        publish(uow, "right2", "right", [two])
        assert pending(uow) == []


def test_a_row_kept_for_testing_is_pending_and_nothing_to_learn(store: Store) -> None:
    with store.unit() as uow:
        add(uow, "train", split=Split.TRAIN)
        add(uow, "holdout", split=Split.HOLDOUT)
        assert [e.text for e in uow.examples.pending()] == ["train", "holdout"]
        assert [e.text for e in uow.examples.learnable()] == ["train"]
        assert [e.text for e in uow.examples.holdout()] == ["holdout"]


def test_undoing_takes_the_label_back_once(store: Store) -> None:
    with store.unit() as uow:
        example = add(uow, TEXT)
        uow.examples.undo(example)
        assert pending(uow) == []
    with pytest.raises(InputError, match="meanwhile"), store.unit() as uow:
        uow.examples.undo(example)


def test_what_the_live_lineage_has_learned_cannot_be_undone_but_can_be_replaced(store: Store) -> None:
    with store.unit() as uow:
        example = add(uow, TEXT)
        publish(uow, "v1", None, [example])
        publish(uow, "v2", "v1", [])
    with pytest.raises(InputError, match="correct it again instead"), store.unit() as uow:
        uow.examples.undo(example)
    with store.unit() as uow:
        add(uow, TEXT, "delivery")
        assert [e.intent for e in uow.examples.pending()] == ["delivery"]


def test_a_restored_example_is_still_learned(store: Store) -> None:
    with store.unit() as uow:
        old = add(uow, TEXT)
        publish(uow, "v1", None, [old])
        new = add(uow, TEXT, "delivery")
        uow.examples.undo(new)
        uow.examples.restore_many([old])
        assert [e.id for e in uow.examples.all()] == [old]
        assert pending(uow) == []
        uow.examples.remove(new)
    with pytest.raises(InputError, match="in use"), store.unit() as uow:
        uow.examples.remove(old)


def test_times_are_utc_and_aware(store: Store, clock: FakeClock) -> None:
    with store.unit() as uow:
        number = add(uow, TEXT)
    with store.unit() as uow:
        assert uow.examples.get(number).created_at == clock.time
        assert uow.examples.get(number).created_at.tzinfo is UTC
