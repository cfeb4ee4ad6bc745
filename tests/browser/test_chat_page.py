"""The chat as a customer meets it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Dialog, Page, expect

from assistant.dialogue.phrases import en as phrases
from assistant.domain import Intent, Language
from assistant.store.inbox import QUEUE
from tests.browser.conftest import Site
from tests.browser.pages.chat import ChatPage
from ui.words import WORDS

DOOR = re.compile("queue/join")
pytestmark = pytest.mark.browser
MARKUP = "<img src=x onerror=\"document.title='hacked'\"> **bold** <b>b</b> &lt; ${1+1} {{value}} $$5 and $$9"


@pytest.fixture
def chat(page: Page, site: Site) -> ChatPage:
    return ChatPage(page, site.address).open()


def test_a_known_question_is_answered_and_can_be_rated(chat: ChatPage) -> None:
    chat.ask("where is my parcel", "Parcels take two days.")
    expect(chat.box).to_have_value("")
    expect(chat.box).to_be_focused()
    chat.rate("Yes")
    expect(chat.notice).to_contain_text("Thank you")
    expect(chat.rating).to_be_hidden()


def test_an_unclear_question_offers_choices(chat: ChatPage) -> None:
    chat.ask("hm", phrases.CLARIFY)
    expect(chat.options).to_have_count(4)
    weights = chat.options.evaluate_all("buttons => buttons.map(button => getComputedStyle(button).fontWeight)")
    assert weights == ["600", "600", "600", "500"]  # what is none of them stands back
    chat.choose("Refund")
    expect(chat.answers.last).to_have_text("We refund within five days.")
    expect(chat.options).to_have_count(0)


def test_an_unclear_question_can_be_answered_in_words(chat: ChatPage) -> None:
    chat.ask("hm", phrases.CLARIFY).ask("yes", phrases.WHICH)
    expect(chat.options).to_have_count(4)
    chat.ask("refund.", "We refund within five days.")
    expect(chat.options).to_have_count(0)
    chat.rate("Yes")
    expect(chat.notice).to_contain_text("Thank you")


def test_none_of_these_asks_again_and_the_next_unclear_question_goes_to_a_person(chat: ChatPage) -> None:
    chat.ask("hm", phrases.CLARIFY).choose(phrases.NONE_OF_THESE)
    expect(chat.answers.last).to_have_text(phrases.REPHRASE)
    chat.ask("hm again", phrases.HAND_OVER)
    expect(chat.banner).to_contain_text(phrases.WAITING)


def test_the_bot_is_silent_once_a_person_was_asked_for_and_the_place_is_not_lost_by_a_slip(
    chat: ChatPage, page: Page
) -> None:
    chat.person.click()
    expect(chat.banner).to_contain_text(phrases.WAITING)
    expect(chat.person).to_be_hidden()
    count = chat.answers.count()
    chat.say("where is my parcel")
    expect(chat.bubbles.last).to_have_text("where is my parcel")
    expect(chat.box).to_have_value("")
    expect(chat.answers).to_have_count(count)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    page.once("dialog", stay)
    chat.start_over.press("Enter")
    expect(chat.start_over).to_be_focused()
    expect(chat.banner).to_be_visible()
    assert asked == ["You are waiting for a person. Start over anyway?"]
    page.once("dialog", lambda dialog: dialog.accept())
    chat.start_over.press("Enter")
    expect(chat.banner).to_be_hidden()
    expect(chat.bubbles).to_have_count(1)


def test_what_was_typed_is_shown_as_plain_text(chat: ChatPage, page: Page) -> None:
    fonts: list[str] = []
    page.on("request", lambda request: fonts.append(request.url) if request.resource_type == "font" else None)
    chat.ask(MARKUP, phrases.CLARIFY)
    expect(chat.bubbles.filter(has_text="onerror")).to_have_text(MARKUP)
    expect(page.locator("#log :is(img, b, strong)")).to_have_count(0)
    assert page.title() == "Support"
    assert fonts == []  # formulas would ask for some


def test_an_address_in_an_answer_is_a_link_beside_the_chat_and_one_that_was_typed_is_not(
    chat: ChatPage, page: Page, site: Site
) -> None:
    with site.store.unit() as uow:
        uow.intents.add(Intent("track", "Track it", "It is at https://shop.example/track?a=1&b=2."), "seed")
    site.live.says["see https://typed.example"] = (("track", 0.95), ("refund", 0.03))
    chat.ask("see https://typed.example", "It is at https://shop.example/track?a=1&b=2.")
    (link,) = page.locator("#log a").all()
    expect(link).to_have_attribute("href", "https://shop.example/track?a=1&b=2")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", re.compile("noopener"))


def test_a_refused_text_stays_in_the_box(chat: ChatPage) -> None:
    chat.say("   ")
    expect(chat.notice).to_have_attribute("role", "alert")
    expect(chat.box).to_have_value("   ")


def test_a_breakdown_is_told_kindly(chat: ChatPage, site: Site, page: Page) -> None:
    def fail() -> None:
        raise RuntimeError("secret detail")

    site.live.before_predicting = fail
    chat.say("where is my parcel")
    expect(chat.notice).to_have_text(phrases.BUSY)
    expect(chat.box).to_have_value("where is my parcel")
    expect(page.get_by_text("secret detail")).to_have_count(0)
    site.live.before_predicting = lambda: None
    chat.box.press("Enter")
    expect(chat.answers.last).to_have_text("Parcels take two days.")


def test_a_full_queue_gives_the_text_back_and_the_page_as_it_was(chat: ChatPage, page: Page) -> None:
    chat.ask("where is my parcel", "Parcels take two days.")
    page.route(DOOR, lambda route: route.fulfill(status=503, json={"detail": "Queue is full."}))
    chat.say("where is my parcel")
    expect(chat.notice).to_have_text(phrases.BUSY)
    expect(chat.box).to_have_value("where is my parcel")
    expect(chat.typing).to_be_hidden()
    expect(chat.rating).to_be_visible()
    page.unroute(DOOR)
    chat.box.press("Enter")
    expect(chat.bubbles).to_have_count(5)
    expect(chat.answers.last).to_have_text("Parcels take two days.")


def test_a_choice_that_could_not_be_sent_is_told_and_stays_open(chat: ChatPage, page: Page) -> None:
    chat.ask("hm", phrases.CLARIFY)
    page.route(DOOR, lambda route: route.fulfill(status=503, json={"detail": "Queue is full."}))
    chat.choose("Refund")
    expect(chat.notice).to_contain_text("Please try again")
    expect(chat.options.first).to_be_visible()


@pytest.mark.parametrize("language", Language)
def test_who_sends_too_much_is_told_so_and_keeps_what_they_typed(
    chat: ChatPage, page: Page, language: Language
) -> None:
    chat.ask("hm", phrases.CLARIFY)
    if language is not Language.ENGLISH:
        chat.speak(language)
    page.route(DOOR, lambda route: route.fulfill(status=429, json={"detail": "Too many."}))
    chat.say("where is my parcel")
    expect(chat.notice).to_have_text(WORDS[language].too_fast)
    expect(chat.box).to_have_value("where is my parcel")
    page.unroute(DOOR)
    chat.ask("where is my parcel", "Parcels take two days.")
    expect(chat.notice).to_have_count(0)


def test_a_choice_that_came_too_fast_is_told_so_and_stays_open(chat: ChatPage, page: Page) -> None:
    chat.ask("hm", phrases.CLARIFY)
    page.route(DOOR, lambda route: route.fulfill(status=429, json={"detail": "Too many."}))
    chat.choose("Refund")
    expect(chat.notice).to_have_text(WORDS[Language.ENGLISH].too_fast)
    expect(chat.options.first).to_be_visible()


def test_a_page_that_was_opened_too_often_draws_itself_as_soon_as_it_may(chat: ChatPage, page: Page) -> None:
    page.route(DOOR, lambda route: route.fulfill(status=429, json={"detail": "Too many."}))
    with page.expect_response(DOOR):
        page.reload()
    page.unroute(DOOR)
    chat.wait()


def test_opening_the_page_writes_nothing(chat: ChatPage, site: Site, page: Page) -> None:
    with site.store.unit(read_only=True) as uow:
        assert uow.inbox.count(QUEUE) == 0
    expect(chat.answers).to_have_text([phrases.GREETING])


def test_everything_fits_a_phone(chat: ChatPage, page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    chat.ask("hm", phrases.CLARIFY)
    for part in (chat.box, chat.person, chat.options.last, page.locator("#send")):
        expect(part).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert len(set(chat.options.evaluate_all("buttons => buttons.map(button => button.offsetWidth)"))) == 1


def test_an_answer_can_be_read_in_a_low_window(chat: ChatPage, page: Page) -> None:
    chat.ask("where is my parcel", "Parcels take two days.")
    for width, height in ((740, 360), (600, 425), (360, 420)):  # phones held sideways, and pages at 200 %
        page.set_viewport_size({"width": width, "height": height})
        expect(chat.rating).to_be_visible()
        for part in (chat.bubbles.last, chat.box, chat.person, page.locator("#send")):
            expect(part).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.querySelector('#log').offsetHeight") > height / 2
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_at_400_percent_the_conversation_can_be_read_and_all_of_the_page_reached(chat: ChatPage, page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 256})
    chat.ask("where is my parcel", "Parcels take two days.").person.click()
    expect(chat.banner).to_be_visible()
    chat.box.fill("a long question " * 20)
    assert page.evaluate("document.querySelector('#log').offsetHeight") > 100
    page.mouse.move(20, 20)
    for way, parts in ((1000, ("#send", "#start-over")), (-1000, (".brand h1",))):
        page.mouse.wheel(0, way)
        for part in parts:
            expect(page.locator(part)).to_be_in_viewport(ratio=1)


def test_the_whole_conversation_is_printed(chat: ChatPage, page: Page) -> None:
    chat.page.set_viewport_size({"width": 700, "height": 500})
    for number in range(12):
        chat.say("where is my parcel")
        expect(chat.answers).to_have_count(number + 2)
    page.emulate_media(media="print")
    shown = "#log .bubble-wrap"
    assert page.evaluate(f"(e => e.scrollHeight <= e.clientHeight)(document.querySelector('{shown}'))")
    assert page.pdf().count(b"/Type /Page\n") > 1
    expect(chat.box).not_to_be_visible()
    expect(chat.bubbles.nth(1)).to_have_css("color", "rgb(0, 0, 0)")  # white on the paper otherwise
