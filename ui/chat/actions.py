"""What a customer can do, as plain functions of the chat service; Gradio appears nowhere here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from assistant.dialogue.languages import PHRASES
from assistant.domain import Language, Signal
from assistant.errors import AssistantError, InputError
from assistant.services.conversation.chat import Chat
from assistant.services.views import ChatTurn, ChatView
from ui.status import NOTHING, Status
from ui.words import WORDS

LOG = logging.getLogger(__name__)
Action = Callable[[Chat, "Customer"], "Page"]
COMPLAINTS = (Signal.THUMBS_DOWN, Signal.NOT_MEANT)


@dataclass(frozen=True, slots=True)
class Customer:
    """Who is asking: the secret of their browser, the language of the page before anything was said, and whether the
    browser sent the secret itself."""

    token: str
    language: Language = Language.ENGLISH
    has_cookie: bool = False


@dataclass(frozen=True, slots=True)
class Rated:
    """An answer that a customer complained about, and may say more about."""

    message_id: int
    kind: Signal


@dataclass(frozen=True, slots=True)
class Page:
    """What the customer sees next.

    `view` is None before the first message. `draft` goes into the message box; None leaves the box alone. With
    `rated` the page asks what they wanted instead.
    """

    view: ChatView | None
    draft: str | None = None
    status: Status = NOTHING
    rated: Rated | None = None


def look(chat: Chat, customer: Customer) -> ChatView | None:
    """The conversation as it is now; None when there is none yet or it cannot be read."""
    try:
        return chat.visitors.current(customer.token)
    except Exception:  # a page without its conversation is better than none; the log keeps it
        LOG.exception("a conversation could not be read")
        return None


def say(chat: Chat, customer: Customer, text: str) -> Page:
    """Sends `text`; the first one starts a conversation. A refused text goes back into the box. Who has started over
    while the answer was made stays in the new conversation."""

    def send(view: ChatView) -> Page:
        after = chat.reply(view.conversation_id, text)
        is_over = not chat.visitors.is_current(customer.token, view.conversation_id)
        return Page(chat.visitors.current(customer.token) if is_over else after)

    return _in_conversation(chat, customer, send, draft=text)


def choose(chat: Chat, customer: Customer, place: int) -> Page:
    """Picks the option at `place` of the open question. Other places and second clicks change nothing."""

    def pick(view: ChatView) -> Page:
        turn = open_question(view)
        if turn is None or not 0 <= place < len(turn.options):
            return Page(view, status=Status(WORDS[customer.language].stale, is_problem=True))
        return Page(chat.choose(view.conversation_id, turn.message_id, turn.options[place].intent))

    return _in_conversation(chat, customer, pick)


def follow(chat: Chat, customer: Customer, place: int) -> Page:
    """Asks the suggested question at `place`. Other places and second clicks change nothing."""

    def ask(view: ChatView) -> Page:
        turn = view.turns[-1]
        intent = turn.suggestions[place].intent if 0 <= place < len(turn.suggestions) else None
        if intent is None:
            return Page(view, status=Status(WORDS[customer.language].stale, is_problem=True))
        return Page(chat.follow(view.conversation_id, turn.message_id, intent))

    return _in_conversation(chat, customer, ask)


def rate(chat: Chat, customer: Customer, kind: Signal) -> Page:
    """Rates the latest answer; who complains is asked what they wanted."""

    def signal(view: ChatView) -> Page:
        turn = rateable_answer(view)
        if turn is None:
            return Page(view)
        after = chat.signal(view.conversation_id, turn.message_id, kind)
        if kind in COMPLAINTS:
            return Page(after, rated=Rated(turn.message_id, kind))
        return Page(after, status=Status(WORDS[customer.language].thanks))

    return _in_conversation(chat, customer, signal)


def comment(chat: Chat, customer: Customer, rated: Rated | None, text: str) -> Page:
    """Keeps what the customer wanted beside their complaint; an empty text only closes the question."""

    def keep(view: ChatView) -> Page:
        if rated is None or not text.strip():
            return Page(view)
        try:
            after = chat.signal(view.conversation_id, rated.message_id, rated.kind, text)
        except InputError as refusal:
            return Page(view, status=Status(str(refusal), is_problem=True), rated=rated)
        return Page(after, status=Status(WORDS[customer.language].comment_thanks))

    return _in_conversation(chat, customer, keep)


def no_comment(chat: Chat, customer: Customer) -> Page:
    """Closes the question what they wanted."""
    return Page(look(chat, customer))


def ask_for_person(chat: Chat, customer: Customer) -> Page:
    """Hands the conversation over to a person, even before the first message."""
    return _in_conversation(chat, customer, lambda view: Page(chat.hand_over(view.conversation_id)))


def start_over(chat: Chat, customer: Customer) -> Page:
    """A new conversation; the one before stays with the shop."""
    return _safely(customer, lambda: Page(chat.visitors.start(customer.token, customer.language)))


def speak(chat: Chat, customer: Customer) -> Page:
    """The page and the conversation, if there is one yet, go on in the customer's language."""
    return _safely(customer, lambda: Page(chat.visitors.speak(customer.token, customer.language)))


def open_question(view: ChatView) -> ChatTurn | None:
    """The latest turn when it still offers options."""
    return view.turns[-1] if view.turns and view.turns[-1].options else None


def rateable_answer(view: ChatView) -> ChatTurn | None:
    """The latest turn when it is an answer that may be rated."""
    return view.turns[-1] if view.turns and view.turns[-1].can_rate else None


def _in_conversation(chat: Chat, customer: Customer, act: Callable[[ChatView], Page], draft: str | None = None) -> Page:
    """Runs `act` on the browser's conversation, or on a new one. What fails is told in friendly words."""
    view: ChatView | None = None

    def run() -> Page:
        nonlocal view
        view = chat.visitors.current(customer.token) or chat.visitors.start(customer.token, customer.language)
        return act(view)

    page = _safely(customer, run, draft)
    return page if page.view else Page(view, page.draft, page.status)


def _safely(customer: Customer, run: Callable[[], Page], draft: str | None = None) -> Page:
    try:
        return run()
    except InputError as refusal:
        return Page(None, draft, Status(str(refusal), is_problem=True))
    except AssistantError:
        LOG.exception("a chat action was refused")
    except Exception:  # the customer must never meet a stack trace; the log keeps it
        LOG.exception("a chat action failed")
    sorry = WORDS[customer.language].failure if draft is None else PHRASES[customer.language].BUSY
    return Page(None, draft, Status(sorry, is_problem=True))
