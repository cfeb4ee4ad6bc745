"""The people on both sides of a conversation: whose browser it is, who waits, and what customers commented."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from assistant.domain import ConversationState, Decision, Language
from assistant.store.records import Conversation, Turn
from assistant.store.tables import ConversationRow, MessageRow, SignalRow


def record(row: ConversationRow) -> Conversation:
    """One that was made before languages were known is English."""
    language = Language(row.language) if row.language else Language.ENGLISH
    return Conversation(
        row.id, row.created_at, ConversationState(row.state), row.failures, language=language, operator=row.operator
    )


class People:
    """Conversations by the person who is in them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def latest_of(self, visitor: str) -> Conversation | None:
        """The newest conversation of the browser that `visitor` stands for."""
        theirs = select(ConversationRow).where(ConversationRow.visitor == visitor)
        # Not by its time: of a clock that was set back the one before would stay the newest, and starting over in vain.
        newest = theirs.order_by(literal_column("conversations.rowid").desc())
        row = self._session.scalar(newest.limit(1).execution_options(populate_existing=True))
        return None if row is None else record(row)

    def waiting(self) -> list[Conversation]:
        """All conversations that are a person's now, in no particular order."""
        # Written out, not built from the column: SQLite uses a partial index only for the very same condition.
        rows = self._session.scalars(select(ConversationRow).where(literal_column("state = 'waiting'")))
        return [record(row) for row in rows.all()]

    def turns_of_waiting(self) -> dict[str, list[Turn]]:
        """The turns of each of these conversations, oldest first: read at once and without embeddings, since there may
        be thousands, and every page of the desk asks every few seconds."""
        theirs = select(ConversationRow.id).where(literal_column("state = 'waiting'"))
        said = select(
            *(MessageRow.conversation_id, MessageRow.role, MessageRow.text, MessageRow.created_at),
            *(MessageRow.decision, MessageRow.operator),
        )
        turns: defaultdict[str, list[Turn]] = defaultdict(list)
        rows = self._session.execute(said.where(MessageRow.conversation_id.in_(theirs)).order_by(MessageRow.id))
        for talk, role, words, at, decision, operator in rows:
            turns[talk].append(Turn(role, words, at, Decision(decision) if decision else None, operator))
        return turns

    def comments(self, conversation_id: str) -> dict[int, str]:
        """What the customer wrote beside a rating, by the id of their message that the answer replied to."""
        said = select(SignalRow.message_id, SignalRow.comment).join(MessageRow, MessageRow.id == SignalRow.message_id)
        theirs = said.where(MessageRow.conversation_id == conversation_id, SignalRow.comment.is_not(None))
        return {number: comment for number, comment in self._session.execute(theirs) if comment}
