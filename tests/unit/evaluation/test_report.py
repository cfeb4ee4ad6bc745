"""What a model does on the holdout and what an update changed, by hand-made rows."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest

from assistant.domain import LabelledText
from assistant.evaluation.gates import EachOldIntent, Outcome
from assistant.evaluation.report import Comparison, Report, report
from assistant.learning.update import Learner, update
from tests.synthetic import WordEncoder, plan, rows


def made(known: str, *right: tuple[str, str]) -> Report:
    """A report of intents with one letter each; `right` pairs an intent with 1 and 0 for each of its rows."""
    intents = tuple(intent for intent, marks in right for _ in marks)
    correct = np.array([mark == "1" for _, marks in right for mark in marks], dtype=bool)
    return Report(frozenset(known), intents, correct)


def test_accuracy_is_the_share_of_right_rows_of_the_intents_asked_for() -> None:
    found = made("abc", ("a", "1110"), ("b", "10"))
    assert (found.accuracy({"a"}), found.accuracy({"b"}), found.accuracy({"a", "b"})) == (0.75, 0.5, 4 / 6)
    assert (found.count("a"), found.count("c")) == (4, 0)


def test_accuracy_of_intents_without_rows_is_none_not_zero() -> None:
    assert made("abc", ("a", "1")).accuracy({"b", "c"}) is None
    assert made("").accuracy({"a"}) is None


def test_of_thousands_of_intents_each_is_told_without_counting_the_rows_anew() -> None:
    intents = tuple(f"intent {number % 3000}" for number in range(30_000))
    found = Report(frozenset(intents), intents, np.arange(30_000) % 4 > 0)
    started = time.process_time()
    change = Comparison(found, found)
    assert change.forgetting() == 0.0
    assert [verdict.outcome for verdict in EachOldIntent().judge(change)] == [Outcome.PASSED]
    assert time.process_time() - started < 3  # ten times that, where each intent looks at every row


def test_old_and_new_intents_are_told_by_what_the_version_before_knew() -> None:
    change = Comparison(made("ab", ("a", "1"), ("c", "0")), made("abdc", ("a", "1"), ("c", "1")))
    assert (change.old, change.new) == (frozenset("ab"), ("c", "d"))


def test_negative_flips_are_rows_that_were_right_and_are_wrong() -> None:
    # of the old rows: one flip, one gain, one wrong twice, one right twice; the new intent's rows do not count
    change = Comparison(made("a", ("a", "1001"), ("b", "00")), made("ab", ("a", "0101"), ("b", "10")))
    assert change.negative_flips() == 0.25
    before, after = change.old_rows()
    assert (before.tolist(), after.tolist()) == ([True, False, False, True], [False, True, False, True])


def test_without_old_rows_nothing_flipped_or_was_forgotten() -> None:
    change = Comparison(made("a", ("b", "0")), made("ab", ("b", "1")))
    assert (change.negative_flips(), change.forgetting()) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("after", "forgetting"),
    [
        ((("a", "1111"), ("b", "11")), 0.0),
        ((("a", "0111"), ("b", "11")), 0.125),  # mean over intents of 1/4 and 0: intents weigh the same
        ((("a", "1111"), ("b", "01")), 0.25),
        ((("a", "0000"), ("b", "00")), 1.0),
    ],
)
def test_forgetting_is_the_mean_accuracy_lost_by_old_intents(
    after: Sequence[tuple[str, str]], forgetting: float
) -> None:
    before = made("abx", ("a", "1111"), ("b", "11"), ("c", "1"))  # x has no rows; c is nobody's old intent
    assert Comparison(before, made("abxc", *after, ("c", "0"))).forgetting() == forgetting


def test_forgetting_is_negative_when_old_intents_got_better() -> None:
    assert Comparison(made("a", ("a", "01")), made("a", ("a", "11"))).forgetting() == -0.5


@pytest.mark.parametrize(
    ("before", "after", "kept"), [("11110", "11100", 0.75), ("", "", None), ("00", "11", None), ("01", "11", 2.0)]
)
def test_retention_is_what_is_left_of_what_was_known(before: str, after: str, kept: float | None) -> None:
    change = Comparison(made("a", ("a", before)), made("ab", ("a", after), ("b", "1")))
    assert change.retention() == (pytest.approx(kept) if kept else None)


def test_a_report_holds_one_mark_for_each_row_in_order() -> None:
    encoder = WordEncoder(noise=0.2)
    learner = update(Learner.untrained(encoder, plan()), rows("refund", "delivery"), plan())
    found = report(learner.model, [*rows("refund", count=3, start=90), LabelledText("refund 95", "delivery")])
    assert found.known == {"refund", "delivery"}
    assert found.intents == ("refund", "refund", "refund", "delivery")
    assert found.correct.tolist() == [True, True, True, False]


def test_an_intent_that_the_model_does_not_know_counts_as_wrong() -> None:
    learner = update(Learner.untrained(WordEncoder(), plan()), rows("refund", "delivery"), plan())
    assert report(learner.model, rows("parcel", count=4)).accuracy({"parcel"}) == 0.0


def test_an_empty_holdout_gives_an_empty_report() -> None:
    learner = update(Learner.untrained(WordEncoder(), plan()), rows("refund", "delivery"), plan())
    found = report(learner.model, [])
    assert (found.intents, found.correct.shape) == ((), (0,))
    assert found.accuracy({"refund"}) is None
