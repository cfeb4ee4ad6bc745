"""What a customer can do, with the real service and without a browser."""

from __future__ import annotations

import logging

import pytest

from assistant.dialogue.phrases import BUSY
from assistant.domain import ConversationState, Signal
from assistant.services.chat import Chat
from assistant.store import Store
from tests.fakes import FakeLive
from ui.chat_actions import FAILURE, STALE, ask_for_person, choose, look, rate, say
from ui.chat_drawing import bubbles


@pytest.fixture
def chat(store: Store, live: FakeLive) -> Chat:
    live.says["money back"] = (("refund", 0.9),)
    return Chat(store, live)


def conversation(chat: Chat, *texts: str) -> str:
    """The id of a new conversation in which the customer said `texts`."""
    view = chat.start()
    for text in texts:
        chat.reply(view.conversation_id, text)
    return view.conversation_id


def test_the_first_message_starts_the_conversation(chat: Chat) -> None:
    page = say(chat, None, "money back")
    assert page.view
    assert page.view.turns[-1].text == "We refund within five days."
    assert page.draft is None


@pytest.mark.parametrize("text", ["", "  \n", "x" * 2001])
def test_a_refused_text_goes_back_into_the_box_with_the_reason(chat: Chat, text: str) -> None:
    page = say(chat, None, text)
    assert page.draft == text
    assert page.status.is_problem


def test_a_breakdown_is_told_kindly_and_logged_in_full(
    chat: Chat, live: FakeLive, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("secret detail")

    live.before_predicting = fail
    with caplog.at_level(logging.ERROR):
        page = say(chat, None, "money back")
    assert (page.status.text, page.draft) == (BUSY, "money back")
    assert "secret detail" in caplog.text


def test_an_option_is_chosen_by_its_place(chat: Chat) -> None:
    page = choose(chat, conversation(chat, "hm"), 1)
    assert page.view
    assert page.view.turns[-1].text == "Parcels take two days."


@pytest.mark.parametrize("place", [-1, 4, 99])
def test_a_place_that_was_not_offered_changes_nothing(chat: Chat, place: int) -> None:
    before = conversation(chat, "hm")
    page = choose(chat, before, place)
    assert page.status.text == STALE
    assert page.view == chat.view(before)


def test_a_second_click_changes_nothing(chat: Chat) -> None:
    known = conversation(chat, "hm")
    first = choose(chat, known, 0)
    assert choose(chat, known, 0).view == first.view


def test_only_the_latest_answer_is_rated(chat: Chat) -> None:
    known = conversation(chat, "money back")
    assert rate(chat, known, Signal.THUMBS_UP).status.text
    again = rate(chat, known, Signal.THUMBS_DOWN)
    assert not again.status.text


def test_a_person_can_be_asked_for_before_the_first_message(chat: Chat) -> None:
    page = ask_for_person(chat, None)
    assert page.view
    assert page.view.state is ConversationState.WAITING


def test_a_conversation_that_is_gone_makes_room_for_a_new_one(chat: Chat) -> None:
    page = say(chat, "deleted-meanwhile", "money back")
    assert page.view
    assert page.view.conversation_id != "deleted-meanwhile"


def test_looking_does_not_start_a_conversation(chat: Chat, store: Store) -> None:
    assert look(chat, None) is None


def test_the_log_gets_text_and_never_markup(chat: Chat) -> None:
    view = chat.view(conversation(chat, "<img src=x onerror=alert(1)> & <b>"))
    contents = [bubble["content"] for bubble in bubbles(view)]
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; &lt;b&gt;" in contents


def test_a_broken_store_keeps_the_customer_in_the_conversation(chat: Chat, store: Store) -> None:
    known = conversation(chat, "money back")
    store.unit = None  # type: ignore[method-assign,assignment]
    page = ask_for_person(chat, known)
    assert (page.view, page.status.text) == (None, FAILURE)
