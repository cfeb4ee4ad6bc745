"""What came of the customers' conversations, by the day on which they began, counted in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import case, distinct, func, null, select
from sqlalchemy.orm import Session

from assistant.domain import Decision, Signal
from assistant.store.arms import COMPLAINTS
from assistant.store.tables import ConversationRow, MessageRow, SignalRow

DAY = func.date(ConversationRow.created_at)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Conversations that began on one day in UTC, each counted once in every number. One in which the customer neither
    wrote nor asked for a person, such as after starting over, is none.

    `passed_on` to a person, whoever asked for that; `complained` with thumbs down or that it was not what they meant;
    `praised` with thumbs up.
    """

    day: date
    conversations: int
    passed_on: int
    complained: int
    praised: int


def outcomes(session: Session, most: int, until: datetime) -> list[Outcomes]:
    """Those of the last `most` days before the newest conversation before `until` on which one began, oldest first."""
    past = ConversationRow.created_at < until
    newest = session.scalar(select(func.max(ConversationRow.created_at)).where(past))
    if newest is None:
        return []
    since = datetime.combine(newest.date(), time(), UTC) - timedelta(days=most - 1)
    lately = past & (ConversationRow.created_at >= since)
    talks = select(DAY, func.count(distinct(ConversationRow.id))).where(lately).group_by(DAY).order_by(DAY)
    # So written SQLite goes by conversation; else it begins with every message that there is, embeddings and all.
    said = talks.join(MessageRow, MessageRow.conversation_id == func.coalesce(ConversationRow.id, null()))
    told = said.join(SignalRow, SignalRow.message_id == MessageRow.id)
    handed = (MessageRow.role == "bot") & (MessageRow.decision == Decision.HAND_OVER.value)
    begun = said.where((MessageRow.role == "user") | handed)
    passed_on = func.count(distinct(case((handed, ConversationRow.id))))
    parts = [
        told.where(SignalRow.kind.in_(COMPLAINTS)),
        told.where(SignalRow.kind == Signal.THUMBS_UP.value),
    ]
    counts = [{str(day): int(count) for day, count in session.execute(part)} for part in parts]
    return [
        Outcomes(date.fromisoformat(day), number, passed, *(count.get(day, 0) for count in counts))
        for day, number, passed in session.execute(begun.add_columns(passed_on))
    ]
