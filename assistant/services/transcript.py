"""Stored turns as a surface shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from assistant.dialogue import phrases
from assistant.domain import ConversationState, Decision, Signal
from assistant.services.views import ChatTurn, ChatView, Option
from assistant.store import Message, UnitOfWork

COMPLAINTS = frozenset({Signal.THUMBS_DOWN, Signal.NOT_MEANT})
RATINGS = COMPLAINTS | {Signal.THUMBS_UP}


def turns(messages: Iterable[Message]) -> tuple[ChatTurn, ...]:
    """The words alone, without anything to press."""
    return tuple(ChatTurn(message.id, _role(message), message.text) for message in messages)


def open_question(messages: Sequence[Message], state: ConversationState) -> Message | None:
    """The question that waits for a choice. Whatever is said after it, by anyone, closes it."""
    if state is not ConversationState.BOT or not messages:
        return None
    last = messages[-1]
    return last if is_question(last) else None


def is_question(message: Message) -> bool:
    """Did the bot offer intents to choose from in this turn?"""
    return message.role == "bot" and message.decision is Decision.CLARIFY and bool(message.scores)


def is_answer(message: Message) -> bool:
    """Did the bot give an intent's answer in this turn?"""
    return message.role == "bot" and message.decision is Decision.ANSWER


def chat_view(uow: UnitOfWork, conversation_id: str) -> ChatView:
    """The conversation as its customer sees it, with what they can press now."""
    conversation = uow.conversations.get(conversation_id)
    messages = uow.conversations.messages(conversation_id)
    rated = {message.id for message in messages if message.signals & RATINGS}
    shown = [
        replace(turn, can_rate=is_answer(message) and message.reply_to not in rated)
        for turn, message in zip(turns(messages), messages, strict=True)
    ]
    question = open_question(messages, conversation.state)
    if question is not None:
        shown[-1] = replace(shown[-1], options=_options(uow, question))
    return ChatView(conversation_id, conversation.state, tuple(shown))


def _options(uow: UnitOfWork, question: Message) -> tuple[Option, ...]:
    titles = {intent.name: intent.title for intent in uow.intents.all()}
    offered = [score.intent for score in question.scores if score.intent in titles]
    return (*(Option(name, titles[name]) for name in offered), Option(None, phrases.NONE_OF_THESE))


def _role(message: Message) -> Literal["user", "assistant"]:
    return "user" if message.role == "user" else "assistant"
