"""Each gate at, just below and just above its limit, on hand-made rows."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pytest
from scipy.stats import binom

from assistant.counting import counted
from assistant.evaluation.gates import (
    GATES,
    EachOldIntent,
    Gate,
    NegativeFlips,
    NewIntents,
    OldAccuracy,
    Outcome,
    Verdict,
)
from assistant.evaluation.report import Comparison, CrossValidated, Report

PASSED, REFUSED, UNPROVEN = Outcome.PASSED, Outcome.REFUSED, Outcome.UNPROVEN
Rows = Mapping[str, tuple[int, int, int, int]]  # by intent: rows right twice, lost, gained, wrong twice


def compared(
    old: Rows, new: Mapping[str, tuple[int, int]] | None = None, folds: Mapping[str, tuple[int, int]] | None = None
) -> Comparison:
    """`new` maps an intent to its right and all holdout rows, `folds` to its right and all cross-validated rows."""
    intents: list[str] = []
    before: list[bool] = []
    after: list[bool] = []
    for intent, counts in old.items():
        intents += [intent] * sum(counts)
        before += np.repeat([True, True, False, False], counts).tolist()
        after += np.repeat([True, False, True, False], counts).tolist()
    for intent, (right, rows) in (new or {}).items():
        intents += [intent] * rows
        before += [False] * rows
        after += [True] * right + [False] * (rows - right)
    known = frozenset(old)
    judged = {intent: CrossValidated(*counts) for intent, counts in (folds or {}).items()}
    return Comparison(
        Report(known, tuple(intents), np.array(before, dtype=bool)),
        Report(known | set(new or {}), tuple(intents), np.array(after, dtype=bool), judged),
    )


def only(gate: Gate, comparison: Comparison) -> Verdict:
    (verdict,) = gate.judge(comparison)
    return verdict


def p_value(verdict: Verdict) -> float:
    found = re.search(r"p = (\d\.\d+)", verdict.reason)
    assert found
    return float(found[1])


@pytest.mark.parametrize(("lost", "outcome"), [(0, PASSED), (2, PASSED), (3, PASSED), (4, REFUSED), (300, REFUSED)])
def test_old_accuracy_may_drop_by_the_allowed_share(lost: int, outcome: Outcome) -> None:
    # 1 % of 300 rows is 3; the test of significance is out of the way
    verdict = only(OldAccuracy(max_drop=0.01, significance=0), compared({"a": (300 - lost, lost, 0, 0)}))
    assert verdict.outcome is outcome
    assert f"a drop of {lost / 300:.2%} (allowed drop 1.00%)" in verdict.reason


@pytest.mark.parametrize(
    ("gate", "rows", "told"),
    [
        (OldAccuracy(significance=0), 99, "one of 99 rows is 1.01%: label more messages, or set max_drop of this gate"),
        (OldAccuracy(significance=0), 100, None),
        (NegativeFlips(), 49, "; one of 49 rows is 2.04%: label more messages, or set max_rate of this gate"),
        (NegativeFlips(), 50, None),
    ],
)
def test_where_a_single_row_is_too_much_the_refusal_says_what_to_do(gate: Gate, rows: int, told: str | None) -> None:
    verdict = only(gate, compared({"a": (rows - 2, 2, 0, 0)}))
    assert verdict.outcome is REFUSED
    assert verdict.reason.endswith(told) if told else "label more" not in verdict.reason


def test_a_gain_is_told_as_one() -> None:
    assert "rows: a gain of 1.00% (allowed drop" in only(OldAccuracy(), compared({"a": (196, 1, 3, 0)})).reason


def test_gains_make_up_for_losses_in_the_drop() -> None:
    assert only(OldAccuracy(significance=0), compared({"a": (280, 13, 10, 0)})).outcome is PASSED
    assert only(OldAccuracy(significance=0), compared({"a": (280, 14, 10, 0)})).outcome is REFUSED


def test_old_accuracy_takes_all_old_intents_together_and_no_new_one() -> None:
    old: Rows = {"a": (96, 4, 0, 0), "b": (300, 0, 0, 0)}
    assert only(OldAccuracy(significance=0), compared(old, {"n": (0, 50)})).outcome is PASSED
    assert only(OldAccuracy(significance=0), compared({"a": (96, 4, 0, 0)})).outcome is REFUSED


@pytest.mark.parametrize(
    ("lost", "gained", "p"),
    [
        (4, 0, 1 / 16),  # four coins, all heads
        (5, 0, 1 / 32),
        (7, 1, 9 / 256),
        (6, 1, 8 / 128),
        (3, 3, 42 / 64),
        (0, 4, 1.0),
        (0, 0, 1.0),
    ],
)
def test_mcnemar_is_the_exact_one_sided_coin_toss_over_the_rows_that_changed(lost: int, gained: int, p: float) -> None:
    verdict = only(OldAccuracy(max_drop=1), compared({"a": (1000, lost, gained, 7)}))
    assert p_value(verdict) == pytest.approx(p, abs=6e-4)
    assert p_value(verdict) == pytest.approx(binom.sf(lost - 1, lost + gained, 0.5), abs=6e-4)
    assert verdict.outcome is (REFUSED if p < 0.05 else PASSED)


def test_a_p_value_of_exactly_the_limit_is_not_significant() -> None:
    comparison = compared({"a": (1000, 4, 0, 0)})
    assert only(OldAccuracy(significance=1 / 16), comparison).outcome is PASSED
    assert only(OldAccuracy(significance=1 / 16 + 1e-9), comparison).outcome is REFUSED


def test_a_small_but_significant_drop_is_refused() -> None:
    comparison = compared({"a": (9990, 10, 0, 0)})  # 0.1 %: far below the allowed 1 %
    assert only(OldAccuracy(), comparison).outcome is REFUSED
    assert only(OldAccuracy(significance=0), comparison).outcome is PASSED


def test_an_improvement_passes_however_it_came_about() -> None:
    assert only(OldAccuracy(max_drop=0, significance=1), compared({"a": (50, 5, 6, 0)})).outcome is PASSED


@pytest.mark.parametrize("gate", [OldAccuracy(), NegativeFlips()])
def test_without_an_old_row_a_gate_on_old_rows_is_unproven(gate: Gate) -> None:
    verdict = only(gate, compared({}, {"n": (9, 10)}))
    assert (verdict.outcome, verdict.reason) == (UNPROVEN, "no holdout row of an old intent")
    known_without_rows = compared({"a": (0, 0, 0, 0)}, {"n": (9, 10)})
    assert only(gate, known_without_rows).outcome is UNPROVEN


@pytest.mark.parametrize(("lost", "outcome"), [(0, PASSED), (1, PASSED), (2, PASSED), (3, REFUSED)])
def test_an_old_intent_may_drop_by_the_allowed_share(lost: int, outcome: Outcome) -> None:
    # 10 % of 20 rows is 2; 0.8 - 0.7 is a little more than 0.1 in floating point
    old: Rows = {"a": (16 - lost, lost, 0, 4), "b": (500, 0, 0, 0)}
    verdict = only(EachOldIntent(), compared(old))
    assert verdict.outcome is outcome
    assert verdict.reason == (
        f"a: 80.0% -> {(16 - lost) / 20:.1%} on 20 rows (allowed drop 10.0%)"
        if outcome is REFUSED
        else "none of 2 old intents dropped more than 10.0%"
    )


@pytest.mark.parametrize(
    ("rows", "lost", "max_drop", "told"),
    [
        (14, 2, 0.10, "; 2 of 14 rows are 14.29%: label more messages, or set max_drop of this gate"),
        (14, 2, 0.05, "; one of 14 rows is 7.14%: label more messages, or set max_drop of this gate"),
        (14, 3, 0.10, "on 14 rows (allowed drop 10.0%)"),
        (20, 3, 0.10, "on 20 rows (allowed drop 10.0%)"),
    ],
)
def test_where_two_rows_of_an_old_intent_are_too_much_the_refusal_says_what_to_do(
    rows: int, lost: int, max_drop: float, told: str
) -> None:
    """Of many intents with a dozen rows one loses two by chance, in a night that makes all together better."""
    old: Rows = {"a": (rows - lost, lost, 0, 0), "b": (500, 0, 20, 0)}
    assert only(EachOldIntent(max_drop=max_drop), compared(old)).reason.endswith(told)


def test_every_old_intent_that_dropped_is_named() -> None:
    old: Rows = {"b": (5, 5, 0, 0), "a": (0, 10, 0, 0), "c": (10, 0, 0, 0)}
    verdicts = EachOldIntent().judge(compared(old))
    assert [v.outcome for v in verdicts] == [REFUSED, REFUSED]
    assert [v.reason.partition(":")[0] for v in verdicts] == ["a", "b"]


@pytest.mark.parametrize(("rows", "outcome"), [(1, UNPROVEN), (9, UNPROVEN), (10, REFUSED), (11, REFUSED)])
def test_an_old_intent_with_too_few_rows_is_listed_not_judged(rows: int, outcome: Outcome) -> None:
    verdicts = EachOldIntent().judge(compared({"a": (0, rows, 0, 0), "b": (50, 0, 0, 0)}))
    about = [v for v in verdicts if v.reason.startswith("a: ")]
    assert [v.outcome for v in about] == [outcome]
    if outcome is UNPROVEN:
        assert about[0].reason == f"a: {counted(rows, 'holdout row')}, 10 are needed to judge it"
        assert verdicts[0].reason == "none of 1 old intents dropped more than 10.0%"


def test_unproven_intents_stay_listed_beside_a_refusal() -> None:
    verdicts = EachOldIntent().judge(compared({"a": (0, 3, 0, 0), "b": (0, 30, 0, 0), "c": (0, 0, 0, 0)}))
    assert [v.outcome for v in verdicts] == [UNPROVEN, REFUSED, UNPROVEN]


@pytest.mark.parametrize(("lost", "outcome"), [(0, PASSED), (5, PASSED), (6, PASSED), (7, REFUSED)])
def test_flips_are_allowed_up_to_the_share_whatever_was_gained(lost: int, outcome: Outcome) -> None:
    comparison = compared({"a": (300 - lost - 40, lost, 40, 0)}, {"n": (0, 100)})
    verdict = only(NegativeFlips(max_rate=0.02), comparison)
    assert verdict.outcome is outcome
    assert verdict.reason == f"{lost / 300:.2%} of old rows turned wrong (allowed 2.00%)"


@pytest.mark.parametrize(("right", "outcome"), [(7, REFUSED), (8, PASSED), (9, PASSED)])
def test_a_new_intent_must_reach_the_accuracy_on_its_holdout(right: int, outcome: Outcome) -> None:
    verdict = only(NewIntents(), compared({"a": (9, 0, 0, 0)}, {"n": (right, 10)}, {"n": (0, 50)}))
    assert verdict.outcome is outcome
    assert verdict.reason == f"n: {right / 10:.1%} on its holdout (10 rows, 80% needed)"


@pytest.mark.parametrize(("right", "outcome"), [(3, REFUSED), (4, PASSED), (5, PASSED)])
def test_under_ten_holdout_rows_cross_validation_decides(right: int, outcome: Outcome) -> None:
    verdict = only(NewIntents(), compared({}, {"n": (9 - right, 9)}, {"n": (right, 5)}))
    assert verdict.outcome is outcome
    assert verdict.reason == f"n: {right / 5:.1%} in cross-validation (5 rows, 80% needed)"


@pytest.mark.parametrize(
    ("holdout", "folds", "counted"),
    [((9, 9), {"n": (4, 4)}, "9 holdout rows and 4"), ((0, 0), {}, "0 holdout rows and 0")],
)
def test_a_new_intent_with_too_few_rows_of_any_kind_is_unproven(
    holdout: tuple[int, int], folds: dict[str, tuple[int, int]], counted: str
) -> None:
    verdict = only(NewIntents(), compared({}, {"n": holdout}, folds))
    assert verdict.outcome is UNPROVEN
    assert verdict.reason == f"n: {counted} in cross-validation, 5 are needed to judge it: add examples"


def test_each_new_intent_has_a_verdict_of_its_own() -> None:
    verdicts = NewIntents().judge(compared({}, {"z": (10, 10), "m": (0, 10), "b": (0, 2)}))
    assert [(v.reason[0], v.outcome) for v in verdicts] == [("b", UNPROVEN), ("m", REFUSED), ("z", PASSED)]


def test_without_a_new_intent_their_gate_passes() -> None:
    assert only(NewIntents(), compared({"a": (9, 0, 0, 0)})) == Verdict("new_intents", PASSED, "no new intent")


def test_an_old_intent_gate_alone_would_let_an_unlearned_intent_through() -> None:
    comparison = compared({"a": (200, 0, 0, 0)}, {"n": (0, 20)})
    outcomes = {name: [v.outcome for v in gate().judge(comparison)] for name, gate in GATES.items()}
    assert outcomes == {
        "old_accuracy": [PASSED], "each_old_intent": [PASSED], "negative_flips": [PASSED], "new_intents": [REFUSED],
    }  # fmt: skip


def test_every_verdict_carries_the_name_under_which_its_gate_is_chosen() -> None:
    comparison = compared({"a": (5, 9, 0, 0), "b": (3, 0, 0, 0)}, {"n": (0, 10)})
    for name, gate in GATES.items():
        assert {v.gate for v in gate().judge(comparison)} == {name}
        assert {v.gate for v in gate().judge(compared({}))} == {name}
