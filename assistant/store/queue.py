"""The order in which operators see messages. One partial index holds exactly the queue, in order."""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import or_, text, update
from sqlalchemy.orm import Session

from assistant.domain import Decision, Signal
from assistant.store.tables import MessageRow

# Written out, not built from columns: SQLite uses a partial index only for the very same condition.
QUEUED = text("attention IS NOT NULL AND handled_at IS NULL AND skipped_at IS NULL")


class Attention(IntEnum):
    """Why a message wants a person; the lower, the sooner."""

    COMPLAINT = 0
    HANDED_OVER = 1
    UNSURE = 2


OF_SIGNAL = {
    Signal.THUMBS_DOWN: Attention.COMPLAINT,
    Signal.NOT_MEANT: Attention.COMPLAINT,
    Signal.HAND_OVER: Attention.HANDED_OVER,
}


def attention_of(decision: Decision, intent: str | None, confidence: float | None) -> int | None:
    """Where a new message stands in the queue; None when an intent was acted on, or the model never saw it."""
    if confidence is None or intent is not None or decision is Decision.ANSWER:
        return None
    return Attention.HANDED_OVER if decision is Decision.HAND_OVER else Attention.UNSURE


def raise_attention(session: Session, message_id: int, kind: Signal) -> None:
    """Move a message forward for a signal that asks for it; never backward."""
    if kind not in OF_SIGNAL:
        return
    wanted = int(OF_SIGNAL[kind])
    later = or_(MessageRow.attention.is_(None), MessageRow.attention > wanted)
    this = update(MessageRow).where(MessageRow.id == message_id, MessageRow.role == "user", later)
    session.execute(this.values(attention=wanted))
