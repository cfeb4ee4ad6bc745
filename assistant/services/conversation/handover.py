"""Conversations that are a person's now: who waits, taking over, replying, handing back to the assistant."""

from __future__ import annotations

from assistant.dialogue.languages import PHRASES
from assistant.dialogue.text import clean
from assistant.domain import ConversationState, Decision
from assistant.errors import InputError
from assistant.services.conversation.handover_views import Talk, TalkTurn, Waiting
from assistant.store import Conversation, Message, Store, UnitOfWork
from assistant.store.records import Turn


class Handover:
    """`operator` is the name of the signed-in person. Every action is audited with name and time.

    All methods but `waiting` raise InputError for a conversation that does not exist, and those that act also
    for one that nobody waits in.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def waiting(self) -> list[Waiting]:
        """Who waits: unanswered customers first, the longest wait first."""
        with self._store.unit(read_only=True) as uow:
            turns = uow.people.turns_of_waiting()
            waits = [_waiting(each, turns[each.id]) for each in uow.people.waiting()]
        return sorted(waits, key=lambda each: (not each.is_unanswered, each.since, each.conversation_id))

    def talk(self, conversation_id: str) -> Talk:
        """The whole conversation, whether or not somebody still waits in it."""
        with self._store.unit(read_only=True) as uow:
            conversation = uow.conversations.get(conversation_id)
            comments = uow.people.comments(conversation_id)
            turns = tuple(
                TalkTurn(_author(message), message.text, message.created_at, comments.get(message.id))
                for message in uow.conversations.messages(conversation_id)
            )
        is_waiting = conversation.state is ConversationState.WAITING
        return Talk(conversation_id, is_waiting, conversation.operator, conversation.language, turns)

    def take_over(self, conversation_id: str, operator: str, *, instead_of: str | None = None) -> None:
        """The conversation is `operator`'s. Whoever has it already must be named in `instead_of`.

        Raises InputError when somebody else has it, so that of two who press at once one learns of the other.
        """
        with self._store.unit() as uow:
            holder = _waited_for(uow, conversation_id).operator
            if holder == operator:
                return
            if holder != instead_of:
                raise InputError(f"{holder or 'Nobody'} has this conversation now. Please look again.")
            uow.conversations.set_operator(conversation_id, operator)
            _log(uow, operator, "take_over", conversation_id, {"operator": holder}, {"operator": operator})

    def reply(self, conversation_id: str, text: str, operator: str) -> None:
        """Say `text` to the customer. Raises InputError for an unacceptable text, or without having taken over."""
        cleaned = clean(text)
        with self._store.unit() as uow:
            _held_by(uow, conversation_id, operator)
            message_id = uow.conversations.add_bot_message(conversation_id, cleaned, operator=operator)
            _log(uow, operator, "reply", conversation_id, None, {"message": message_id})

    def hand_back(self, conversation_id: str, operator: str) -> None:
        """The assistant answers again, and tells the customer so. Raises InputError without having taken over."""
        with self._store.unit() as uow:
            conversation = _held_by(uow, conversation_id, operator)
            uow.conversations.set_state(conversation_id, ConversationState.BOT)
            uow.conversations.set_operator(conversation_id, None)
            uow.conversations.set_failures(conversation_id, 0)
            uow.conversations.add_bot_message(conversation_id, PHRASES[conversation.language].HANDED_BACK)
            _log(uow, operator, "hand_back", conversation_id, {"operator": operator}, {"operator": None})


def _waited_for(uow: UnitOfWork, conversation_id: str) -> Conversation:
    conversation = uow.conversations.get(conversation_id)
    if conversation.state is not ConversationState.WAITING:
        raise InputError("Nobody waits in this conversation any more: the assistant answers there.")
    return conversation


def _held_by(uow: UnitOfWork, conversation_id: str, operator: str) -> Conversation:
    conversation = _waited_for(uow, conversation_id)
    if conversation.operator != operator:
        raise InputError(
            f"This conversation is with {conversation.operator or 'nobody yet'}. Please take it over first."
        )
    return conversation


def _log(
    uow: UnitOfWork,
    operator: str,
    action: str,
    conversation_id: str,
    before: dict[str, object] | None,
    after: dict[str, object],
) -> None:
    uow.audit.add(operator, action, f"conversation/{conversation_id}", before, after)


def _waiting(conversation: Conversation, messages: list[Turn]) -> Waiting:
    """Since the hand-over, or since the customer's first message that no person has answered."""
    since = conversation.created_at
    theirs = ""
    unanswered = False
    for message in messages:
        if message.decision is Decision.HAND_OVER and message.role == "bot":
            since, unanswered = message.created_at, True
        elif message.operator is not None:
            unanswered = False
        elif message.role == "user":
            theirs = message.text
            if not unanswered:
                since, unanswered = message.created_at, True
    return Waiting(conversation.id, since, theirs, unanswered, conversation.operator)


def _author(message: Message) -> str:
    if message.role == "user":
        return "Customer"
    return message.operator or "Assistant"
