"""Conversations, their turns and the customers' signals."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from typing import Required, TypedDict, Unpack

from sqlalchemy import func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import coalesce

from assistant.domain import ConversationState, Decision, Language, Prediction, Score, Signal, Thresholds
from assistant.errors import InputError
from assistant.store import queue
from assistant.store.columns import Clock
from assistant.store.messages import read_messages, scores_column
from assistant.store.people import record
from assistant.store.records import Conversation, Message
from assistant.store.tables import ConversationRow, MessageRow, SignalRow
from assistant.store.texts import search_form, text_hash

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
STORED_SCORES = 5


class Said(TypedDict, total=False):
    """What is logged with a customer's message: the decision, what the model said where one was asked, and the question
    of ours that it answers."""

    decision: Required[Decision]
    prediction: Prediction | None
    encoder: str | None
    thresholds: Thresholds | None
    intent: str | None
    version: str | None
    instant: int | None
    reply_to: int | None


class Conversations:
    """Every id that comes from outside is looked up here first; one that does not exist is an InputError."""

    def __init__(self, session: Session, now: Clock) -> None:
        self._session = session
        self._now = now

    def create(self, visitor: str | None = None, language: Language = Language.ENGLISH) -> str:
        """A new conversation with the bot, of the browser that `visitor` stands for; its id cannot be guessed."""
        number = secrets.token_urlsafe(16)
        self._session.add(
            ConversationRow(
                id=number,
                created_at=self._now(),
                state=ConversationState.BOT.value,
                failures=0,
                visitor=visitor,
                language=language.value,
            )
        )
        self._session.flush()
        return number

    def get(self, conversation_id: str) -> Conversation:
        """Raises InputError when there is no such conversation."""
        row = self._session.get(ConversationRow, conversation_id) if ID.fullmatch(conversation_id) else None
        if row is None:
            raise InputError("This conversation does not exist (any more). Please start a new one.")
        return record(row)

    def messages(self, conversation_id: str) -> list[Message]:
        """The turns of a conversation, oldest first; raises as `get` does."""
        self.get(conversation_id)
        turns = select(MessageRow).where(MessageRow.conversation_id == conversation_id)
        return read_messages(self._session, turns.order_by(MessageRow.id))

    def latest(self, conversation_id: str) -> list[Message]:
        """The newest turn of a conversation, by anyone; at most one."""
        turns = select(MessageRow).where(MessageRow.conversation_id == conversation_id)
        return read_messages(self._session, turns.order_by(MessageRow.id.desc()).limit(1))

    def length(self, conversation_id: str) -> int:
        """How many turns it has."""
        turns = select(func.count()).where(MessageRow.conversation_id == conversation_id)
        return self._session.scalar(turns) or 0

    def last_user_message(self, conversation_id: str) -> Message | None:
        """The newest of the customer's messages in a conversation; a reply to a question of ours is none by itself."""
        theirs = select(MessageRow).where(
            MessageRow.conversation_id == conversation_id, MessageRow.role == "user", MessageRow.reply_to.is_(None)
        )
        found = read_messages(self._session, theirs.order_by(MessageRow.id.desc()).limit(1))
        return found[0] if found else None

    def message(self, message_id: int, conversation_id: str | None = None) -> Message:
        """One turn, of this conversation when it is given. Raises InputError when there is none."""
        wanted = select(MessageRow).where(MessageRow.id == message_id)
        if conversation_id is not None:
            wanted = wanted.where(MessageRow.conversation_id == self.get(conversation_id).id)
        found = read_messages(self._session, wanted) if 0 < message_id < 2**63 else []
        if not found:
            raise InputError(f"There is no message {message_id} here. Please reload the page.")
        return found[0]

    def add_user_message(self, conversation_id: str, text: str, **said: Unpack[Said]) -> int:
        """Log what a customer wrote, what the model said of it and what was decided. Returns the id.

        What a pending example (`instant`) decided is settled by a person and not queued, unless somebody complains.
        """
        return self._insert(self._user_row(conversation_id, text, said))

    def add_user_messages(self, conversation_id: str, messages: Sequence[tuple[str, Said]]) -> list[int]:
        """Log many at once, as `add_user_message` does one, in a tenth of the time. Returns the ids."""
        rows = [self._user_row(conversation_id, text, said) for text, said in messages]
        self._session.add_all(rows)
        self._session.flush()
        return [row.id for row in rows]

    def _user_row(self, conversation_id: str, text: str, said: Said) -> MessageRow:
        prediction, thresholds, instant = said.get("prediction"), said.get("thresholds"), said.get("instant")
        decision, intent = said["decision"], said.get("intent")
        confidence = prediction.confidence if prediction and prediction.ranked else None
        return MessageRow(
            conversation_id=conversation_id,
            role="user",
            text=text,
            created_at=self._now(),
            embedding=prediction.embedding if prediction else None,
            encoder=said.get("encoder"),
            scores=scores_column(prediction.ranked[:STORED_SCORES]) if prediction else None,
            confidence=confidence,
            outside_score=prediction.outside_score if prediction else None,
            thresholds=_thresholds_column(thresholds) if thresholds else None,
            decision=decision.value,
            intent=intent,
            version=said.get("version"),
            predicted=intent or (prediction.intent if prediction and prediction.ranked else None),
            text_hash=text_hash(text),
            search_text=search_form(text),
            reply_to=said.get("reply_to"),
            attention=None if instant is not None else queue.attention_of(decision, intent, confidence),
            instant=instant,
        )

    def add_bot_message(
        self,
        conversation_id: str,
        text: str,
        *,
        reply_to: int | None = None,
        decision: Decision | None = None,
        intent: str | None = None,
        options: Sequence[Score] = (),
        operator: str | None = None,
    ) -> int:
        """Log what the bot said and the `options` it offered, or what an `operator` said. Returns the id."""
        row = MessageRow(
            conversation_id=conversation_id,
            role="bot",
            text=text,
            created_at=self._now(),
            scores=scores_column(options) if options else None,
            decision=decision.value if decision else None,
            intent=intent,
            reply_to=reply_to,
            operator=operator,
        )
        return self._insert(row)

    def _insert(self, row: MessageRow) -> int:
        self._session.add(row)
        self._session.flush()
        return row.id

    def set_state(self, conversation_id: str, state: ConversationState) -> None:
        self._change(conversation_id, "state", state.value)

    def set_language(self, conversation_id: str, language: Language) -> None:
        self._change(conversation_id, "language", language.value)

    def set_operator(self, conversation_id: str, operator: str | None) -> None:
        """Who has taken the conversation over; None for nobody."""
        self._change(conversation_id, "operator", operator)

    def set_failures(self, conversation_id: str, failures: int) -> None:
        self._change(conversation_id, "failures", failures)

    def _change(self, conversation_id: str, column: str, value: object) -> None:
        this = update(ConversationRow).where(ConversationRow.id == conversation_id)
        self._session.execute(this.values({column: value}))

    def set_choice(self, message_id: int, intent: str) -> None:
        """The customer picked `intent` as the meaning of their message."""
        this = update(MessageRow).where(MessageRow.id == message_id)
        self._session.execute(this.values(decision=Decision.CHOSEN.value, intent=intent, predicted=intent))

    def add_signal(self, message_id: int, kind: Signal, comment: str | None = None) -> bool:
        """Record a signal about a customer's message or the bot's reply to it; False when it was known.

        It is kept on the customer's message, which moves forward in the queue. A later comment replaces
        an earlier one.
        """
        message = self.message(message_id)
        target = message if message.reply_to is None else self.message(message.reply_to)
        values = {"message_id": target.id, "kind": kind.value, "created_at": self._now(), "comment": comment}
        record = insert(SignalRow).values(values)
        known = coalesce(record.excluded.comment, SignalRow.comment)
        self._session.execute(
            record.on_conflict_do_update(index_elements=[SignalRow.message_id, SignalRow.kind], set_={"comment": known})
        )
        queue.raise_attention(self._session, target.id, kind)
        return kind not in target.signals

    def set_handled(self, message_id: int, handled: bool) -> None:
        """A labelled message leaves the queue; one whose label was undone comes back."""
        this = update(MessageRow).where(MessageRow.id == message_id)
        self._session.execute(this.values(handled_at=self._now() if handled else None))

    def set_skipped(self, message_id: int, skipped: bool) -> None:
        """A skipped message leaves the queue without a label."""
        this = update(MessageRow).where(MessageRow.id == message_id)
        self._session.execute(this.values(skipped_at=self._now() if skipped else None))


def _thresholds_column(thresholds: Thresholds) -> dict[str, object]:
    """Those that the version has; `answer` is always there."""
    return {name: value for name, value in asdict(thresholds).items() if value is not None}
