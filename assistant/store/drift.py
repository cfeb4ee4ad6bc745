"""What the monitors measured, window by window."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from assistant.store.columns import Clock
from assistant.store.drift_tables import DriftRow
from assistant.store.messages import read_messages
from assistant.store.records import DriftScore, Message
from assistant.store.tables import ExampleRow, MessageRow


class Drift:
    """Scores per version; a window that was measured before keeps what was measured then."""

    def __init__(self, session: Session, now: Clock) -> None:
        self._session = session
        self._now = now

    def add(self, scores: Iterable[DriftScore]) -> None:
        """Record scores. Those of a window that is recorded already are left out."""
        values = [
            {
                "version_id": score.version,
                "monitor": score.monitor,
                "first_message": score.first_message,
                "last_message": score.last_message,
                "at": self._now(),
                "score": score.score,
                "low": score.low,
                "high": score.high,
            }
            for score in scores
        ]
        for row in values:
            self._session.execute(insert(DriftRow).values(row).on_conflict_do_nothing())

    def of(self, version_id: str) -> list[DriftScore]:
        """All scores of a version, oldest window first."""
        rows = select(DriftRow).where(DriftRow.version_id == version_id).order_by(DriftRow.last_message, DriftRow.id)
        return [
            DriftScore(r.version_id, r.monitor, r.first_message, r.last_message, r.score, r.low, r.high)
            for r in self._session.scalars(rows)
        ]

    def first(self, version_id: str) -> int:
        """The id of the first customer's message that the version saw; above all ids where it saw none."""
        seen = select(func.min(MessageRow.id)).where(MessageRow.version == version_id)
        return self._session.scalar(seen) or 2**62

    def before(self, message_id: int, encoder: str, limit: int) -> list[Message]:
        """The last `limit` customers' messages before `message_id` with an embedding of `encoder`, oldest first."""
        seen = select(MessageRow).where(
            MessageRow.id < message_id,
            MessageRow.role == "user",
            MessageRow.encoder == encoder,
            MessageRow.embedding.is_not(None),
        )
        return read_messages(self._session, seen.order_by(MessageRow.id.desc()).limit(limit))[::-1]

    def labels(self) -> dict[int, str]:
        """What operators gave messages, by message id, as far as it stands."""
        given = select(ExampleRow.message_id, ExampleRow.intent).where(
            ExampleRow.message_id.is_not(None), ExampleRow.undone_at.is_(None)
        )
        return {message: intent for message, intent in self._session.execute(given) if message is not None}

    def count(self, version_id: str, after: int) -> int:
        """How many customers' messages with an id above `after` the version saw; read from an index."""
        seen = select(func.count()).select_from(MessageRow)
        return self._session.scalar(seen.where(MessageRow.version == version_id, MessageRow.id > after)) or 0

    def messages(self, version_id: str, after: int, limit: int) -> list[Message]:
        """At most `limit` customers' messages that the version saw, with an id above `after`, oldest first."""
        seen = _seen_by(version_id).where(MessageRow.id > after)
        return read_messages(self._session, seen.order_by(MessageRow.id).limit(limit))

    def latest(self, version_id: str, after: int, until: int, limit: int) -> list[Message]:
        """The last `limit` of those with an id up to `until`, oldest first."""
        seen = _seen_by(version_id).where(MessageRow.id > after, MessageRow.id <= until)
        return read_messages(self._session, seen.order_by(MessageRow.id.desc()).limit(limit))[::-1]


def _seen_by(version_id: str) -> Select[MessageRow]:
    return select(MessageRow).where(
        MessageRow.version == version_id, MessageRow.role == "user", MessageRow.embedding.is_not(None)
    )
