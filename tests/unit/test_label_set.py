"""The label set is append-only: an intent keeps its output row for good."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain import LabelSet

NAMES = st.lists(st.text(min_size=1, max_size=3), max_size=8)


@given(NAMES, NAMES)
def test_extending_moves_no_row(first: list[str], more: list[str]) -> None:
    before = LabelSet().extended(first)
    after = before.extended(more)
    assert after.intents[: len(before)] == before.intents
    assert [after.index(intent) for intent in before] == list(range(len(before)))


@given(NAMES, NAMES)
def test_extending_adds_exactly_the_missing_intents_in_the_order_first_met(first: list[str], more: list[str]) -> None:
    before = LabelSet().extended(first)
    added = before.extended(more).intents[len(before) :]
    assert list(added) == sorted({i for i in more if i not in first}, key=more.index)


def test_extending_leaves_the_label_set_itself_alone() -> None:
    labels = LabelSet(("refund",))
    labels.extended(["delivery"])
    assert labels.intents == ("refund",)


def test_an_intent_given_twice_is_refused_with_the_labels_in_the_message() -> None:
    with pytest.raises(ValueError, match=r"appears twice.*'refund', 'delivery', 'refund'"):
        LabelSet(("refund", "delivery", "refund"))


def test_membership_and_length_follow_the_intents() -> None:
    labels = LabelSet(("refund", "delivery"))
    assert "refund" in labels
    assert "exchange" not in labels
    assert len(labels) == 2


def test_the_row_of_an_unknown_intent_is_an_error_not_a_guess() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        LabelSet(("refund",)).index("exchange")
