"""What a run measured of a version, read back from its report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from assistant.domain import Example, Version

NO_DOUBT = "no_doubt"  # in the report of a version: why it cannot tell what is out of scope
SET_ASIDE = "set_aside"  # likewise: the rows with which the gates refused it, so that it has not learned them


@dataclass(frozen=True, slots=True)
class Judged:
    """Shares of holdout rows in [0, 1], each None where the run had no rows for it or did not measure it.

    overall: all intents together; old: those that the version before knew too; new: the others; retention: `old` over
    what the version before reached there; forgetting and flips: what was lost, and what turned from right to wrong, on
    old rows. entropy is a mean in nats, norm_change relative to the parameters' norm before.
    """

    overall: float | None
    old: float | None
    new: float | None
    retention: float | None
    forgetting: float | None
    flips: float | None
    entropy: float | None
    norm_change: float | None
    intents: int


@dataclass(frozen=True, slots=True)
class IntentScore:
    """One intent on its `rows` holdout rows; `accuracy` in [0, 1]."""

    accuracy: float
    rows: int


def judged(version: Version) -> Judged:
    """The figures of its report. A first version has nothing before it, so nothing old that it could have lost."""
    report, first = version.report, version.parent is None
    scores = intent_scores(report)
    return Judged(
        overall(scores),
        None if first else number(report, "old_accuracy"),
        number(report, "new_accuracy"),
        None if first else number(report, "knowledge_retention"),
        None if first else number(report, "forgetting"),
        None if first else number(report, "negative_flips"),
        number(report, "predictive_entropy"),
        number(report, "parameter_norm_change"),
        len(cast("Mapping[str, object]", report.get("intents") or {})),
    )


def intent_scores(report: Mapping[str, object]) -> dict[str, IntentScore]:
    """Each intent that had holdout rows."""
    intents = cast("Mapping[str, Mapping[str, Any]]", report.get("intents") or {})
    return {
        name: IntentScore(float(row["after"]), int(row["rows"]))
        for name, row in intents.items()
        if row.get("after") is not None and row.get("rows")
    }


def overall(scores: Mapping[str, IntentScore]) -> float | None:
    """The share of right rows of all these intents together; None without rows."""
    rows = sum(score.rows for score in scores.values())
    return sum(score.accuracy * score.rows for score in scores.values()) / rows if rows else None


def number(report: Mapping[str, object], key: str) -> float | None:
    value = report.get(key)
    return float(value) if isinstance(value, int | float) else None


def set_aside(version: Version) -> frozenset[int]:
    """The numbers of the examples with which the gates refused it."""
    return frozenset(cast("Iterable[int]", version.report.get(SET_ASIDE) or ()))


def without_news(live: Version, pending: Iterable[Example]) -> frozenset[str]:
    """The intents of which the run that made the live version has set all `pending` rows aside: one is worth trying in
    earnest when it has another."""
    aside = set_aside(live)
    rows = list(pending) if aside else []
    return frozenset({e.intent for e in rows} - {e.intent for e in rows if e.id not in aside})
