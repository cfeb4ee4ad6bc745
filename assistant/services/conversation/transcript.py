"""Stored turns as a surface shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from assistant.dialogue.languages import PHRASES
from assistant.domain import ConversationState, Decision, Intent, Language, Signal
from assistant.services.conversation.suggestions import related
from assistant.services.intents.retiring import answering
from assistant.services.views import ChatTurn, ChatView, Option
from assistant.store import Message, UnitOfWork

COMPLAINTS = frozenset({Signal.THUMBS_DOWN, Signal.NOT_MEANT})
RATINGS = COMPLAINTS | {Signal.THUMBS_UP}


def turns(messages: Iterable[Message]) -> tuple[ChatTurn, ...]:
    """The words alone, without anything to press."""
    return tuple(
        ChatTurn(message.id, _role(message), message.text, by_person=message.operator is not None)
        for message in messages
    )


def open_question(messages: Sequence[Message], state: ConversationState) -> Message | None:
    """The question that waits for a choice. Whatever is said after it, by anyone, closes it."""
    if state is not ConversationState.BOT or not messages:
        return None
    last = messages[-1]
    return last if is_question(last) else None


def is_question(message: Message) -> bool:
    """Did the bot offer intents to choose from in this turn?"""
    return message.role == "bot" and message.decision is Decision.CLARIFY and bool(message.scores)


def chat_view(uow: UnitOfWork, conversation_id: str) -> ChatView:
    """The conversation as its customer sees it, with what they can press now."""
    conversation = uow.conversations.get(conversation_id)
    messages = uow.conversations.messages(conversation_id)
    rated = {message.id for message in messages if message.signals & RATINGS}
    shown = [
        replace(turn, can_rate=message.is_answer and message.reply_to not in rated, is_answer=message.is_answer)
        for turn, message in zip(turns(messages), messages, strict=True)
    ]
    question = open_question(messages, conversation.state)
    intents = answering(uow)
    if question is not None:
        shown[-1] = replace(shown[-1], options=_options(intents, question, conversation.language))
    elif shown:
        shown[-1] = replace(shown[-1], suggestions=related(messages, conversation.state, intents))
    return ChatView(conversation_id, conversation.state, tuple(shown), conversation.language)


def titles_of(uow: UnitOfWork, question: Message) -> dict[str, str]:
    """The intents that a question offers, or that answer for them now, with their titles, in the order shown."""
    return _titles(answering(uow), question)


def _titles(intents: Mapping[str, Intent], question: Message) -> dict[str, str]:
    offered = (intents[score.intent] for score in question.scores if score.intent in intents)
    return {intent.name: intent.title for intent in offered}


def _options(intents: Mapping[str, Intent], question: Message, language: Language) -> tuple[Option, ...]:
    named = (Option(name, title) for name, title in _titles(intents, question).items())
    return (*named, Option(None, PHRASES[language].NONE_OF_THESE))


def _role(message: Message) -> Literal["user", "assistant"]:
    return "user" if message.role == "user" else "assistant"
