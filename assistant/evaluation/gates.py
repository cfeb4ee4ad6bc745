"""What a candidate must prove before it may answer customers. A refusal is a value, not an exception."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import Field

from assistant.counting import counted
from assistant.evaluation.report import Comparison

Share = Annotated[float, Field(ge=0, le=1)]
Rows = Annotated[int, Field(ge=1)]

CHANCE = 2  # rows of one intent that may well turn wrong in a night that makes all the others better


class Outcome(StrEnum):
    PASSED = "passed"
    REFUSED = "refused"
    UNPROVEN = "unproven"  # too few rows to tell: it is listed, never silently passed


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one gate says and why, with the numbers; `intent` where it speaks of one."""

    gate: str
    outcome: Outcome
    reason: str
    intent: str | None = None


class Gate(Protocol):
    def judge(self, comparison: Comparison) -> list[Verdict]:
        """One verdict or more; without the rows to tell it is unproven, and without new intents passed."""
        ...


@dataclass(frozen=True, slots=True)
class OldAccuracy:
    """Old intents together: the accuracy may drop by `max_drop`, and not significantly.

    The test is McNemar's, exact, one-sided, on paired rows: among the rows that changed, are losses more than chance?
    """

    max_drop: Share = 0.01
    significance: Share = 0.05

    def judge(self, comparison: Comparison) -> list[Verdict]:
        before, after = comparison.old_rows()
        if not len(before):
            return [Verdict("old_accuracy", Outcome.UNPROVEN, "no holdout row of an old intent")]
        # Imported here: scipy.stats takes a second to load, and who only reads verdicts, as the desk does, has no test.
        from scipy.stats import binomtest

        lost, gained = int((before & ~after).sum()), int((~before & after).sum())
        drop = (lost - gained) / len(before)
        p = float(binomtest(lost, lost + gained, alternative="greater").pvalue) if lost + gained else 1.0
        refused = drop > self.max_drop or (drop > 0 and p < self.significance)
        moved = f"a gain of {-drop:.2%}" if drop < 0 else f"a drop of {drop:.2%}"
        reason = (
            f"old intents {before.mean():.2%} -> {after.mean():.2%} on {len(before)} rows: {moved}"
            f" (allowed drop {self.max_drop:.2%}), McNemar p = {p:.3f} (significant below {self.significance})"
        )
        if not refused:
            return [Verdict("old_accuracy", Outcome.PASSED, reason)]
        return [Verdict("old_accuracy", Outcome.REFUSED, reason + _of_few(len(before), self.max_drop, "max_drop"))]


@dataclass(frozen=True, slots=True)
class EachOldIntent:
    """No old intent with at least `min_rows` holdout rows may drop more than `max_drop`."""

    max_drop: Share = 0.10
    min_rows: Rows = 10

    def judge(self, comparison: Comparison) -> list[Verdict]:
        verdicts, proven = [], 0
        for intent in sorted(comparison.old):
            rows = comparison.before.count(intent)
            if rows < self.min_rows:
                reason = f"{intent}: {counted(rows, 'holdout row')}, {self.min_rows} are needed to judge it"
                verdicts.append(Verdict("each_old_intent", Outcome.UNPROVEN, reason, intent))
                continue
            proven += 1
            before = comparison.before.accuracy({intent}) or 0.0
            after = comparison.after.accuracy({intent}) or 0.0
            if before - after > self.max_drop + 1e-9:
                reason = f"{intent}: {before:.1%} -> {after:.1%} on {rows} rows (allowed drop {self.max_drop:.1%})"
                if round((before - after) * rows) <= CHANCE:
                    reason += _of_few(rows, self.max_drop, "max_drop", CHANCE)
                verdicts.append(Verdict("each_old_intent", Outcome.REFUSED, reason, intent))
        if not any(verdict.outcome is Outcome.REFUSED for verdict in verdicts):
            reason = f"none of {proven} old intents dropped more than {self.max_drop:.1%}"
            verdicts.insert(0, Verdict("each_old_intent", Outcome.PASSED, reason))
        return verdicts


@dataclass(frozen=True, slots=True)
class NegativeFlips:
    """Of the holdout rows of old intents, at most `max_rate` may turn from right to wrong."""

    max_rate: Share = 0.02

    def judge(self, comparison: Comparison) -> list[Verdict]:
        if not len(comparison.old_rows()[0]):
            return [Verdict("negative_flips", Outcome.UNPROVEN, "no holdout row of an old intent")]
        rate = comparison.negative_flips()
        reason = f"{rate:.2%} of old rows turned wrong (allowed {self.max_rate:.2%})"
        if rate <= self.max_rate:
            return [Verdict("negative_flips", Outcome.PASSED, reason)]
        rows = len(comparison.old_rows()[0])
        return [Verdict("negative_flips", Outcome.REFUSED, reason + _of_few(rows, self.max_rate, "max_rate"))]


@dataclass(frozen=True, slots=True)
class NewIntents:
    """Each new intent must reach `min_accuracy` on its holdout; under `min_rows` rows, in cross-validation."""

    min_accuracy: Share = 0.80
    min_rows: Rows = 10
    min_rows_cross_validated: Rows = 5

    def judge(self, comparison: Comparison) -> list[Verdict]:
        return [self._judge(intent, comparison) for intent in comparison.new] or [
            Verdict("new_intents", Outcome.PASSED, "no new intent")
        ]

    def _judge(self, intent: str, comparison: Comparison) -> Verdict:
        rows, accuracy, how = comparison.after.count(intent), comparison.after.accuracy({intent}), "on its holdout"
        if rows < self.min_rows:
            folds = comparison.after.cross_validated.get(intent)
            if folds is None or folds.rows < self.min_rows_cross_validated:
                reason = (
                    f"{intent}: {rows} holdout rows and {folds.rows if folds else 0} in cross-validation,"
                    f" {self.min_rows_cross_validated} are needed to judge it: add examples"
                )
                return Verdict("new_intents", Outcome.UNPROVEN, reason, intent)
            rows, accuracy, how = folds.rows, folds.right / folds.rows, "in cross-validation"
        accuracy = accuracy or 0.0
        passed = accuracy >= self.min_accuracy - 1e-9
        reason = f"{intent}: {accuracy:.1%} {how} ({rows} rows, {self.min_accuracy:.0%} needed)"
        return Verdict("new_intents", Outcome.PASSED if passed else Outcome.REFUSED, reason, intent)


def _of_few(rows: int, allowed: float, option: str, most: int = 1) -> str:
    """What to do where `most` rows or fewer are more than may be lost, so that a shop with few rows is not stuck."""
    refused = int(rows * allowed + 1e-9) + 1
    if refused > most:
        return ""
    some = f"one of {rows} rows is" if refused == 1 else f"{refused} of {rows} rows are"
    return f"; {some} {refused / rows:.2%}: label more messages, or set {option} of this gate"


GATES: dict[str, type[Gate]] = {
    "old_accuracy": OldAccuracy,
    "each_old_intent": EachOldIntent,
    "negative_flips": NegativeFlips,
    "new_intents": NewIntents,
}
