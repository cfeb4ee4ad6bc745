"""Reading turns: rows and signals become Message records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from assistant.domain import Decision, Score, Signal
from assistant.store.chunks import chunks
from assistant.store.records import Message
from assistant.store.tables import MessageRow, SignalRow


def scores_column(scores: Iterable[Score]) -> list[list[object]]:
    """How scores are stored: pairs of intent and probability, best first."""
    return [[score.intent, score.probability] for score in scores]


def read_messages(session: Session, statement: Select[MessageRow]) -> list[Message]:
    """The selected messages in their order, with their signals, as the database holds them now."""
    rows = session.scalars(statement.execution_options(populate_existing=True)).all()
    signals = _signals(session, [row.id for row in rows if row.role == "user"])
    return [_message(row, signals[row.id]) for row in rows]


def _signals(session: Session, ids: Sequence[int]) -> defaultdict[int, frozenset[Signal]]:
    found: defaultdict[int, frozenset[Signal]] = defaultdict(frozenset)
    for some in chunks(ids):
        given = select(SignalRow.message_id, SignalRow.kind).where(SignalRow.message_id.in_(some))
        for message_id, kind in session.execute(given):
            found[message_id] |= {Signal(kind)}
    return found


def _message(row: MessageRow, signals: frozenset[Signal]) -> Message:
    pairs = cast(list[tuple[str, float]], row.scores or [])
    return Message(
        id=row.id,
        conversation_id=row.conversation_id,
        role=row.role,
        text=row.text,
        created_at=row.created_at,
        embedding=row.embedding,
        encoder=row.encoder,
        scores=tuple(Score(intent, probability) for intent, probability in pairs),
        confidence=row.confidence,
        threshold=cast(float, row.thresholds["answer"]) if row.thresholds else None,
        decision=Decision(row.decision) if row.decision else None,
        intent=row.intent,
        version=row.version,
        reply_to=row.reply_to,
        signals=signals,
        attention=row.attention,
        skipped_at=row.skipped_at,
        handled_at=row.handled_at,
        operator=row.operator,
        instant=row.instant,
        labeling_value=row.labeling_value,
        outside_score=row.outside_score,
    )
