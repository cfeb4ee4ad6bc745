"""Conversations that are to be kept no longer: found, and erased with all that was said in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, UpdateBase, delete, exists, func, select, text, update
from sqlalchemy.orm import Session, aliased

from assistant.store.columns import Clock
from assistant.store.instants import AT_THE_DESK
from assistant.store.proposal_tables import ProposalMemberRow, ProposalRow
from assistant.store.proposals import Status
from assistant.store.tables import ConversationRow, ExampleRow, MessageRow, SignalRow
from assistant.store.texts import GONE, search_form
from assistant.store.writes import changed

AT_ONCE = 100  # conversations

# A number in the head of the file that is the program's to use: whether copies of what was erased may lie in it.
LEFT_BEHIND = "user_version"
NOTHING, SOMETHING = 0, 1  # the former in a new file


@dataclass(frozen=True, slots=True)
class Erased:
    """What is gone, and the `labels` that operators gave to texts of it, taken back or left without their message."""

    conversations: int = 0
    messages: int = 0
    labels: int = 0


class Erasing:
    def __init__(self, session: Session, now: Clock) -> None:
        self._session, self._now = session, now

    def begun(self, conversation_id: str) -> tuple[datetime, str]:
        """When it began, and what the customer wrote first; empty where they wrote nothing."""
        at = select(ConversationRow.created_at).where(ConversationRow.id == conversation_id)
        first = select(MessageRow.text).where(MessageRow.conversation_id == conversation_id, MessageRow.role == "user")
        return self._session.scalars(at).one(), self._session.scalar(first.order_by(MessageRow.id).limit(1)) or ""

    def quiet_since(self, moment: datetime) -> list[str]:
        """Conversations in which nobody has said anything since `moment`, and that began before it, oldest first."""
        later = exists().where(MessageRow.conversation_id == ConversationRow.id, MessageRow.created_at >= moment)
        found = select(ConversationRow.id).where(ConversationRow.created_at < moment, ~later)
        return list(self._session.scalars(found.order_by(ConversationRow.created_at, ConversationRow.id)))

    def saying(self, words: str) -> list[str]:
        """Conversations in which a customer wrote these words, whatever their case and spaces, oldest first."""
        said = exists().where(
            MessageRow.conversation_id == ConversationRow.id,
            MessageRow.role == "user",
            func.instr(MessageRow.search_text, search_form(words)) > 0,
        )
        found = select(ConversationRow.id).where(said)
        return list(self._session.scalars(found.order_by(ConversationRow.created_at, ConversationRow.id)))

    def hashes(self) -> frozenset[str]:
        """Of texts whose label was taken back with them, and that carry none now: no version is to know them."""
        other = aliased(ExampleRow)
        stands = exists().where(other.text_hash == ExampleRow.text_hash, other.undone_at.is_(None))
        return frozenset(self._session.scalars(select(ExampleRow.text_hash).where(ExampleRow.text == GONE, ~stands)))

    def erase(self, conversations: Sequence[str], *, labels: bool = False) -> Erased:
        """Erases these, and topics that were found in nothing else and wait for a decision. With `labels` what
        operators labelled of them goes too, but for its hash.

        Raises ValueError for more than AT_ONCE of them: others wait until it is done.
        """
        if len(conversations) > AT_ONCE:
            raise ValueError(f"{len(conversations)} conversations at once, of at most {AT_ONCE}")
        self._session.execute(text(f"PRAGMA {LEFT_BEHIND} = {SOMETHING}"))  # in this transaction, as all that follows
        theirs = select(MessageRow.id).where(MessageRow.conversation_id.in_(conversations))
        labelled = update(ExampleRow).where(ExampleRow.message_id.in_(theirs) | _given_to_many(conversations))
        if labels:
            self._changed(labelled.where(ExampleRow.undone_at.is_(None)).values(undone_at=self._now()))
            labelled = labelled.values(text=GONE)
        touched = self._changed(labelled.values(message_id=None))
        self._changed(delete(ProposalMemberRow).where(ProposalMemberRow.message_id.in_(theirs)))
        empty = ~exists().where(ProposalMemberRow.proposal_id == ProposalRow.id)
        self._changed(delete(ProposalRow).where(ProposalRow.status == Status.OPEN.value, empty))
        self._changed(delete(SignalRow).where(SignalRow.message_id.in_(theirs)))
        messages = self._changed(delete(MessageRow).where(MessageRow.conversation_id.in_(conversations)))
        talks = self._changed(delete(ConversationRow).where(ConversationRow.id.in_(conversations)))
        return Erased(talks, messages, touched)

    def _changed(self, statement: UpdateBase) -> int:
        return changed(self._session, statement.execution_options(synchronize_session=False))


def _given_to_many(conversations: Sequence[str]) -> ColumnElement[bool]:
    """Labels of what was said there that name no message: those of a whole filter or topic, and of a merge or split.

    What was said elsewhere too, or came with a file, is not of these conversations alone.
    """
    here = MessageRow.conversation_id.in_(conversations)
    said = select(MessageRow.text_hash).where(MessageRow.role == "user", here)
    elsewhere = select(MessageRow.text_hash).where(MessageRow.role == "user", MessageRow.text_hash.in_(said), ~here)
    other = aliased(ExampleRow)
    filed = exists().where(other.text_hash == ExampleRow.text_hash, other.source.not_in(AT_THE_DESK))
    return (
        ExampleRow.message_id.is_(None)
        & ExampleRow.source.in_(AT_THE_DESK)
        & ExampleRow.text_hash.in_(said)
        & ExampleRow.text_hash.not_in(elsewhere)
        & ~filed
    )
