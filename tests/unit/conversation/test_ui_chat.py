"""What a customer can do, with the real service and without a browser."""

from __future__ import annotations

import logging

import pytest

from assistant.dialogue.languages import PHRASES
from assistant.dialogue.phrases.en import BUSY
from assistant.domain import ConversationState, Language, Signal
from assistant.services.conversation.chat import Chat
from assistant.services.views import ChatView
from assistant.store import Store
from tests.fakes import FakeLive
from ui.chat.actions import (
    Customer,
    Page,
    ask_for_person,
    choose,
    comment,
    follow,
    look,
    rate,
    say,
    speak,
    start_over,
)
from ui.chat.drawing import bubbles, draw, draw_news, draw_words, seen, together
from ui.words import WORDS

ANN = Customer("token-of-ann")


@pytest.fixture
def chat(store: Store, live: FakeLive) -> Chat:
    live.says["money back"] = (("refund", 0.9), ("person", 0.05), ("delivery", 0.03))
    return Chat(store, live)


def after(chat: Chat, *texts: str, customer: Customer = ANN) -> ChatView:
    """The conversation in which the customer said `texts`."""
    for text in texts:
        say(chat, customer, text)
    view = look(chat, customer)
    assert view
    return view


def shown(page: Page) -> str:
    assert page.view
    return page.view.turns[-1].text


def test_the_first_message_starts_the_conversation(chat: Chat) -> None:
    page = say(chat, ANN, "money back")
    assert shown(page) == "We refund within five days."
    assert page.draft is None


@pytest.mark.parametrize("text", ["", "  \n", "x" * 2001])
@pytest.mark.parametrize("language", Language)
def test_a_refused_text_goes_back_into_the_box_with_the_reason(chat: Chat, text: str, language: Language) -> None:
    page = say(chat, Customer("t", language), text)
    assert page.draft == text
    assert page.status.is_problem
    told = PHRASES[language].TOO_LONG.format(length=2001, limit=2000) if "x" in text else PHRASES[language].EMPTY
    assert page.status.text == told


def test_a_breakdown_is_told_kindly_and_logged_in_full(
    chat: Chat, live: FakeLive, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("secret detail")

    live.before_predicting = fail
    with caplog.at_level(logging.ERROR):
        page = say(chat, ANN, "money back")
    assert (page.status.text, page.draft) == (BUSY, "money back")
    assert "secret detail" in caplog.text


def test_an_option_is_chosen_by_its_place(chat: Chat) -> None:
    after(chat, "hm")
    assert shown(choose(chat, ANN, 1)) == "Parcels take two days."


@pytest.mark.parametrize("place", [-1, 4, 99])
@pytest.mark.parametrize("act", [choose, follow])
def test_a_place_that_was_not_offered_changes_nothing(chat: Chat, place: int, act: object) -> None:
    before = after(chat, "hm") if act is choose else after(chat, "money back")
    page = act(chat, ANN, place)  # type: ignore[operator]
    assert page.status.text == WORDS[Language.ENGLISH].stale
    assert page.view == before


def test_a_second_click_changes_nothing(chat: Chat) -> None:
    after(chat, "hm")
    first = choose(chat, ANN, 0)
    assert choose(chat, ANN, 0).view == first.view


def test_a_suggestion_is_asked_and_answered(chat: Chat) -> None:
    after(chat, "money back")
    page = follow(chat, ANN, 0)
    assert page.view
    assert [turn.text for turn in page.view.turns[-2:]] == ["Delivery", "Parcels take two days."]


def test_only_the_latest_answer_is_rated(chat: Chat) -> None:
    after(chat, "money back")
    assert rate(chat, ANN, Signal.THUMBS_UP).status.text
    again = rate(chat, ANN, Signal.THUMBS_DOWN)
    assert not again.status.text


def test_who_complains_is_asked_what_they_wanted_and_it_is_kept(chat: Chat, store: Store) -> None:
    known = after(chat, "money back").conversation_id
    page = rate(chat, ANN, Signal.THUMBS_DOWN)
    assert page.rated
    done = comment(chat, ANN, page.rated, "  only the\x00 shipping  ")
    assert (done.status.text, done.rated) == (WORDS[Language.ENGLISH].comment_thanks, None)
    with store.unit(read_only=True) as uow:
        assert list(uow.people.comments(known).values()) == ["only the shipping"]
    assert comment(chat, ANN, page.rated, "x" * 1001).rated == page.rated  # asked again, with the reason


@pytest.mark.parametrize("language", Language)
def test_a_refused_comment_is_told_in_the_language_of_the_conversation(chat: Chat, language: Language) -> None:
    customer = Customer("token", language)
    after(chat, "money back", customer=customer)
    page = rate(chat, customer, Signal.THUMBS_DOWN)
    told = comment(chat, customer, page.rated, "x" * 1001).status.text
    assert told == PHRASES[language].TOO_LONG.format(length=1001, limit=1000)


def test_a_comment_is_optional(chat: Chat, store: Store) -> None:
    known = after(chat, "money back").conversation_id
    page = rate(chat, ANN, Signal.NOT_MEANT)
    assert comment(chat, ANN, page.rated, " ").view == page.view
    with store.unit(read_only=True) as uow:
        assert uow.people.comments(known) == {}


def test_a_person_can_be_asked_for_before_the_first_message(chat: Chat) -> None:
    page = ask_for_person(chat, ANN)
    assert page.view
    assert page.view.state is ConversationState.WAITING


def test_starting_over_keeps_the_language_and_nothing_that_was_said(chat: Chat) -> None:
    customer = Customer("t", Language.CHINESE)
    before = after(chat, "money back", customer=customer)
    page = start_over(chat, customer)
    assert page.view
    assert page.view.conversation_id != before.conversation_id
    assert [turn.text for turn in page.view.turns] == [PHRASES[Language.CHINESE].GREETING]
    assert look(chat, customer) == page.view


def test_who_starts_over_while_an_answer_is_made_stays_in_the_new_conversation(chat: Chat, live: FakeLive) -> None:
    after(chat, "money back")

    def press() -> None:
        start_over(chat, ANN)

    live.before_predicting = press
    page = say(chat, ANN, "where is my parcel")
    assert page.view is not None
    assert [turn.text for turn in page.view.turns] == [PHRASES[Language.ENGLISH].GREETING]


def test_looking_and_switching_the_language_start_no_conversation(chat: Chat) -> None:
    assert look(chat, ANN) is None
    assert speak(chat, ANN) == Page(None)
    assert look(chat, ANN) is None


def test_the_log_gets_text_and_never_markup(chat: Chat) -> None:
    view = after(chat, "<img src=x onerror=alert(1)> & <b>")
    contents = [bubble["content"] for bubble in bubbles(view, Language.ENGLISH)]
    assert any("&lt;img src=x onerror=alert(1)&gt; &amp; &lt;b&gt;" in content for content in contents)
    assert not any("<img" in content or "<b>" in content for content in contents)


def test_a_broken_store_keeps_the_customer_on_the_page(chat: Chat, store: Store) -> None:
    after(chat, "money back")
    store.unit = None  # type: ignore[method-assign,assignment]
    page = ask_for_person(chat, ANN)
    assert (page.view, page.status.text) == (None, WORDS[Language.ENGLISH].failure)
    assert look(chat, ANN) is None


def test_news_leave_alone_what_the_customer_is_typing(chat: Chat) -> None:
    view = after(chat, "money back")
    assert not {"box", "comment", "commenting", "notice"} & draw_news(view, Language.ENGLISH).keys()


def test_every_change_of_a_conversation_is_news(chat: Chat) -> None:
    states = [seen(None), seen(after(chat, "money back")), seen(after(chat, "money back")), seen(after(chat))]
    states.append(seen(ask_for_person(chat, ANN).view))
    states.append(seen(start_over(chat, ANN).view))
    assert states[2] == states[3]
    assert len(set(states)) == 5


def test_a_choice_that_is_gone_is_news_since_the_places_of_the_others_change(chat: Chat, store: Store) -> None:
    before = seen(after(chat, "hm"))
    with store.unit() as uow:
        uow.intents.retire("refund")
    now = seen(look(chat, ANN))
    assert before
    assert now
    assert (before[4], now[4]) == (("refund", "delivery", "person", None), ("delivery", "person", None))


def test_drawings_of_the_same_part_are_joined(chat: Chat) -> None:
    drawn = together(draw_words(Language.CHINESE), draw(Page(after(chat, "money back")), Language.CHINESE))
    assert (drawn["person"]["value"], drawn["person"]["visible"]) == (WORDS[Language.CHINESE].person, True)
    assert (drawn["comment"]["label"], drawn["comment"]["value"]) == (WORDS[Language.CHINESE].comment, "")
