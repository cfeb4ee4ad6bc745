"""What the chat does not take: unacceptable texts, forged ids, endless conversations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.dialogue.languages import PHRASES
from assistant.domain import Language, Signal
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.services.views import ChatView
from assistant.store import Store
from tests.fakes import FakeLive
from tests.unit.conversation.conftest import SURE, XSS, last, messages, texts


@pytest.mark.parametrize("bad", ["", "  \n", "\x00", "x" * 2**20, "\u202e\u2066"])
def test_an_unacceptable_text_is_refused_and_not_logged(chat: Chat, talk: str, bad: str, live: FakeLive) -> None:
    before = chat.view(talk)
    with pytest.raises(InputError):
        chat.reply(talk, bad)
    assert chat.view(talk) == before
    assert live.asked == []


@pytest.mark.parametrize(
    ("typed", "stored"),
    [(XSS, XSS), ("\u202eevil\x1b", "evil"), ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd")],
)
def test_text_is_stored_verbatim_but_for_what_cannot_be_shown(chat: Chat, talk: str, typed: str, stored: str) -> None:
    assert texts(chat.reply(talk, typed))[1] == stored


@pytest.mark.parametrize("forged", ["", "nobody", "\ud800", "x" * 10**6, "' OR 1=1 --"])
def test_an_unknown_conversation_is_refused_everywhere(chat: Chat, forged: str) -> None:
    attempts: list[Callable[[], ChatView]] = [
        lambda: chat.view(forged),
        lambda: chat.reply(forged, "hello"),
        lambda: chat.choose(forged, 1, None),
        lambda: chat.signal(forged, 1, Signal.THUMBS_UP),
        lambda: chat.hand_over(forged),
    ]
    for attempt in attempts:
        with pytest.raises(InputError, match="does not exist"):
            attempt()


@pytest.mark.parametrize("forged", [0, -1, 999, 2**63, 10**30])
def test_an_unknown_message_is_refused(chat: Chat, talk: str, forged: int) -> None:
    with pytest.raises(InputError):
        chat.choose(talk, forged, None)
    with pytest.raises(InputError):
        chat.signal(talk, forged, Signal.THUMBS_UP)


def test_messages_of_another_conversation_cannot_be_touched(chat: Chat, talk: str) -> None:
    other = chat.start().conversation_id
    question = last(chat.reply(other, "hmm"))
    with pytest.raises(InputError, match="no message"):
        chat.choose(talk, question.message_id, "refund")
    answer = last(chat.reply(other, SURE))
    with pytest.raises(InputError, match="no message"):
        chat.signal(talk, answer.message_id, Signal.THUMBS_DOWN)


@pytest.mark.parametrize("language", Language)
def test_a_conversation_that_is_very_long_takes_no_more_messages(
    chat: Chat, store: Store, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    talk = chat.start(language).conversation_id
    monkeypatch.setattr("assistant.services.conversation.chat.TURNS_LIMIT", 3)
    chat.reply(talk, SURE)
    with pytest.raises(InputError) as refused:
        chat.reply(talk, SURE)
    assert str(refused.value) == PHRASES[language].TOO_MANY
    assert len(messages(store, talk)) == 1
    assert chat.reply(chat.start().conversation_id, SURE).turns[-1].can_rate
