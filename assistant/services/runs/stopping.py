"""A stopping hint: intents that more labels no longer help. Told at the desk, never acted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from assistant.store.unit_of_work import Store

ENOUGH_ROWS = 5  # learned between two versions, before their difference says what rows are worth
GOOD = 0.98
PROVEN_FROM = 10  # holdout rows, below which the gates cannot judge an intent by itself, and nothing is said of it here


@dataclass(frozen=True, slots=True)
class StoppingHint:
    """`slope` is the accuracy gained by each row learned lately, `pays` whether more rows are worth the work.

    None where no version has learned, or no holdout has, enough rows of the intent to tell.
    """

    intent: str
    rows: int
    accuracy: float | None
    slope: float | None
    pays: bool | None


def stopping_hints(store: Store) -> list[StoppingHint]:
    """For each intent of the live version, what its latest rows were worth: the slope of its learning curve.

    The points are the versions of the live lineage that learned at least ENOUGH_ROWS rows of the intent. More rows no
    longer pay when the accuracy on the holdout is good already, or rose by less than one holdout row.
    """
    with store.unit(read_only=True) as uow:
        live = uow.versions.live()
        if live is None:
            return []
        line = uow.versions.lineage(live.id)[::-1]
        counts = uow.labels.learned_counts(line)
        reports = [cast("dict[str, Any]", uow.versions.get(version).report) for version in line]
    hints = []
    for intent, latest in sorted(reports[-1].get("intents", {}).items()):
        rows, points = 0, list[tuple[int, float, int]]()
        for version, report in zip(line, reports, strict=True):
            new = counts[version].get(intent, 0)
            rows += new
            told = report.get("intents", {}).get(intent, {})
            if new >= ENOUGH_ROWS and told.get("after") is not None:
                points.append((rows, float(told["after"]), int(told["rows"])))
        proven = int(latest.get("rows") or 0) >= PROVEN_FROM
        hints.append(_hint(intent, rows, latest.get("after"), points if proven else []))
    return hints


def _hint(intent: str, rows: int, accuracy: float | None, points: list[tuple[int, float, int]]) -> StoppingHint:
    if accuracy is not None and accuracy >= GOOD and points:
        return StoppingHint(intent, rows, accuracy, None, False)
    if len(points) < 2:
        return StoppingHint(intent, rows, accuracy, None, None)
    (before, was, _), (after, became, judged) = points[-2:]
    gained = became - was
    pays = gained >= 1 / max(judged, 1) - 1e-9  # 0.95 less 0.9 is a little below a row of 20
    return StoppingHint(intent, rows, accuracy, gained / (after - before), pays)
