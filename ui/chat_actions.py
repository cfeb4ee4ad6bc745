"""What a customer can do, as plain functions of the chat service and ids; Gradio appears nowhere here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from assistant.dialogue.phrases import BUSY
from assistant.domain import Signal
from assistant.errors import AssistantError, InputError
from assistant.services.chat import Chat
from assistant.services.views import ChatTurn, ChatView
from ui.status import NOTHING, Status

LOG = logging.getLogger(__name__)

FAILURE = "Sorry, something went wrong on our side. Please try again in a moment."
STALE = "That choice is no longer open. Please type your question again."
THANKS = "Thank you for letting us know."


@dataclass(frozen=True, slots=True)
class Page:
    """What the customer sees next.

    `view` is None before the first message. `draft` goes into the message box; None leaves the box alone.
    """

    view: ChatView | None
    draft: str | None = None
    status: Status = NOTHING


def look(chat: Chat, conversation_id: str | None) -> ChatView | None:
    """The conversation as it is now; None when there is none yet or it cannot be read."""
    return _in_conversation(chat, conversation_id, Page).view if conversation_id else None


def say(chat: Chat, conversation_id: str | None, text: str) -> Page:
    """Sends `text`; the first one starts a conversation. A refused text goes back into the box."""

    def send(view: ChatView) -> Page:
        return Page(chat.reply(view.conversation_id, text))

    return _in_conversation(chat, conversation_id, send, draft=text)


def choose(chat: Chat, conversation_id: str | None, place: int) -> Page:
    """Picks the option at `place` of the open question. Other places and second clicks change nothing."""

    def pick(view: ChatView) -> Page:
        turn = open_question(view)
        if turn is None or not 0 <= place < len(turn.options):
            return Page(view, status=Status(STALE, is_problem=True))
        return Page(chat.choose(view.conversation_id, turn.message_id, turn.options[place].intent))

    return _in_conversation(chat, conversation_id, pick)


def rate(chat: Chat, conversation_id: str | None, kind: Signal) -> Page:
    """Rates the latest answer."""

    def signal(view: ChatView) -> Page:
        turn = rateable_answer(view)
        if turn is None:
            return Page(view)
        return Page(chat.signal(view.conversation_id, turn.message_id, kind), status=Status(THANKS))

    return _in_conversation(chat, conversation_id, signal)


def ask_for_person(chat: Chat, conversation_id: str | None) -> Page:
    """Hands the conversation over to a person, even before the first message."""
    return _in_conversation(chat, conversation_id, lambda view: Page(chat.hand_over(view.conversation_id)))


def open_question(view: ChatView) -> ChatTurn | None:
    """The latest turn when it still offers options."""
    return view.turns[-1] if view.turns and view.turns[-1].options else None


def rateable_answer(view: ChatView) -> ChatTurn | None:
    """The latest turn when it is an answer that may be rated."""
    return view.turns[-1] if view.turns and view.turns[-1].can_rate else None


def _in_conversation(
    chat: Chat, conversation_id: str | None, act: Callable[[ChatView], Page], draft: str | None = None
) -> Page:
    """Runs `act` on the conversation, or on a new one. What fails is told in friendly words."""
    view: ChatView | None = None
    try:
        view = _open(chat, conversation_id)
        return act(view)
    except InputError as refusal:
        return Page(view, draft, Status(str(refusal), is_problem=True))
    except AssistantError:
        LOG.exception("a chat action was refused")
    except Exception:  # the customer must never meet a stack trace; the log keeps it
        LOG.exception("a chat action failed")
    return Page(view, draft, Status(FAILURE if draft is None else BUSY, is_problem=True))


def _open(chat: Chat, conversation_id: str | None) -> ChatView:
    """The conversation, or a new one: before the first message, and after ours was deleted meanwhile."""
    if conversation_id is None:
        return chat.start()
    try:
        return chat.view(conversation_id)
    except InputError:
        LOG.warning("the conversation %s is gone; a new one starts", conversation_id)
        return chat.start()
