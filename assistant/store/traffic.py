"""What customers wrote, day by day, for figures over time. Nothing here reads a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.store.chunks import chunks
from assistant.store.columns import Clock
from assistant.store.inbox import THEIRS
from assistant.store.outcomes import Outcomes, outcomes
from assistant.store.tables import MessageRow

DAY = func.date(MessageRow.created_at)


@dataclass(frozen=True, slots=True)
class DayCount:
    """Customers' messages of one day in UTC: how many, their mean confidence in [0, 1], how often each decision fell.

    `confidence` is None where no model saw any of them.
    """

    day: date
    messages: int
    confidence: float | None
    decisions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Doubts:
    """What the model said of one message: its best probabilities, and whether it took the text for none of its intents.

    `outside` is None where the version could not tell.
    """

    probabilities: tuple[float, ...]
    outside: bool | None


class Traffic:
    """Reads only."""

    def __init__(self, session: Session, now: Clock) -> None:
        self._session, self._now = session, now

    def _tomorrow(self) -> datetime:
        """What is later was logged by a clock that was wrong, and would hide for long what came before and after."""
        return datetime.combine(self._now().date(), time(), UTC) + timedelta(days=1)

    def days(self, most: int) -> list[DayCount]:
        """Those of the last `most` days before the newest message on which somebody wrote, oldest first.

        Read from one covering index.
        """
        times = func.count()
        counted = select(
            DAY, MessageRow.decision, times, func.sum(MessageRow.confidence), func.count(MessageRow.confidence)
        )
        known = (THEIRS, MessageRow.created_at < self._tomorrow())
        newest = self._session.scalar(select(func.max(MessageRow.created_at)).where(*known))
        if newest is None:
            return []
        since = datetime.combine(newest.date(), time(), UTC) - timedelta(days=most - 1)
        rows = self._session.execute(
            counted.where(*known, MessageRow.created_at >= since).group_by(DAY, MessageRow.decision).order_by(DAY)
        )
        found: dict[str, list[tuple[str | None, int, float, int]]] = {}
        for day, decision, count, confidence, known in rows:
            found.setdefault(str(day), []).append((decision, count, confidence or 0.0, known))
        return [_day(day, parts) for day, parts in found.items()]

    def outcomes(self, most: int) -> list[Outcomes]:
        """Of the conversations of the last `most` days before the newest on which one began, oldest first."""
        return outcomes(self._session, most, self._tomorrow())

    def doubts(self, day: date, most: int) -> list[Doubts]:
        """What the models said of that day's messages: of all, or of about `most`, evenly spread over the day.

        Those that no model saw are left out.
        """
        start = datetime.combine(day, time(), UTC)
        theirs = select(MessageRow.id).where(
            THEIRS, MessageRow.created_at >= start, MessageRow.created_at < start + timedelta(days=1)
        )
        ids = list(self._session.scalars(theirs.order_by(MessageRow.created_at, MessageRow.id)))
        chosen = ids[:: max(1, ceil(len(ids) / most))]
        columns = select(MessageRow.scores, MessageRow.outside_score, MessageRow.thresholds)
        return [
            _doubts(*row)
            for some in chunks(chosen)
            for row in self._session.execute(columns.where(MessageRow.id.in_(some), MessageRow.scores.is_not(None)))
        ]


def _day(day: str, parts: Sequence[tuple[str | None, int, float, int]]) -> DayCount:
    known = sum(part[3] for part in parts)
    return DayCount(
        date.fromisoformat(day),
        sum(part[1] for part in parts),
        sum(part[2] for part in parts) / known if known else None,
        {decision: count for decision, count, _, _ in parts if decision is not None},
    )


def _doubts(
    scores: list[list[object]] | None, outside_score: float | None, thresholds: Mapping[str, object] | None
) -> Doubts:
    limit = (thresholds or {}).get("outside")
    known = outside_score is not None and isinstance(limit, int | float)
    return Doubts(
        tuple(float(cast("float", probability)) for _, probability in scores or ()),
        cast("float", outside_score) >= cast("float", limit) if known else None,
    )
