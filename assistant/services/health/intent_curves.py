"""Each intent's accuracy over the versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.domain import Version
from assistant.services.runs.judged import intent_scores


@dataclass(frozen=True, slots=True)
class IntentCurve:
    """`accuracies` in [0, 1] are those in each version; None where it did not know the intent or had no row of it."""

    intent: str
    rows: int  # of the holdout, in the latest version
    accuracies: tuple[float | None, ...]


def intent_curves(line: Sequence[Version]) -> tuple[IntentCurve, ...]:
    """The intents of the latest version of `line` (oldest first), the least accurate first."""
    scores = [intent_scores(version.report) for version in line]
    curves = [
        IntentCurve(name, now.rows, tuple(told[name].accuracy if name in told else None for told in scores))
        for name, now in (scores[-1] if scores else {}).items()
    ]
    return tuple(sorted(curves, key=lambda curve: (curve.accuracies[-1] or 0.0, curve.intent)))
