"""A customer and an operator talk to each other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from assistant.dialogue.phrases import en as phrases
from assistant.domain import ConversationState
from assistant.services.conversation.chat import Chat
from assistant.services.conversation.handover import Handover
from tests.browser.conftest import Site
from tests.browser.pages.chat import ChatPage
from tests.browser.pages.desk import Desk
from tests.browser.serving import PASSWORD
from ui.desk.handover import Room, hand_back, open_room
from ui.desk.handover_tab import Doings

pytestmark = pytest.mark.browser
MARKUP = "<img src=x onerror=\"document.title='hacked'\"> **bold**"


@pytest.fixture
def operator(chromium: BrowserContext, page: Page, site: Site) -> Iterator[Desk]:
    """A second tab."""
    tab = chromium.new_page()
    tab.set_viewport_size({"width": 1200, "height": 850})
    yield Desk(tab, site.address)
    tab.close()


def test_a_person_answers_in_the_chat_until_they_hand_back(page: Page, site: Site, operator: Desk) -> None:
    chat = ChatPage(page, site.address).open().say(MARKUP)
    expect(chat.answers).to_have_count(2)
    chat.person.click()
    expect(chat.banner).to_be_visible()
    talks = operator.sign_in("ann", PASSWORD).conversations.open().take_over(MARKUP[:10])
    expect(talks.tab).to_have_text("Conversations (1)")
    expect(talks.turns.filter(has_text="Customer")).to_contain_text(MARKUP)
    talks.reply(MARKUP)
    expect(talks.status).to_contain_text("Sent")
    expect(talks.box).to_have_value("")
    expect(chat.answers.last).to_have_text(MARKUP)
    expect(page.locator("#log .message.bot").last).to_contain_text("Colleague")
    assert "ann" not in page.locator("#log").inner_text()
    chat.say("where is my parcel")  # the assistant would know, and is silent
    expect(talks.turns.last).to_contain_text("where is my parcel")
    expect(chat.answers.last).to_have_text(MARKUP)
    talks.press("hand-back")
    expect(chat.answers.last).to_have_text(phrases.HANDED_BACK)
    expect(talks.empty).to_be_visible()
    expect(chat.banner).to_be_hidden()
    chat.ask("where is my parcel", "Parcels take two days.")
    assert page.title() == "Support"


def test_a_half_typed_reply_stays_with_its_customer(page: Page, site: Site) -> None:
    chat = Chat(site.store, site.live)
    alpha, beta = site.taken("alpha", "beta")
    for name, talk in (("alpha", alpha), ("beta", beta)):
        for number in range(20):
            chat.reply(talk, f"{name} {number}")
    talks = Desk(page, site.address).sign_in("ann", PASSWORD).conversations.open().select("alpha")
    expect(talks.turns.last).to_have_text("Customeralpha 19")
    expect(talks.turns.last).to_be_in_viewport()
    page.get_by_role("tab", name="Versions").click(trial=True)  # a long conversation covers nothing
    expect(page.get_by_role("region", name="Conversation")).to_have_attribute("tabindex", "0")
    chat.reply(alpha, "alpha news")
    expect(talks.turns.last).to_contain_text("news")
    expect(talks.turns.last).to_be_in_viewport()
    talks.write("for alpha alone")
    talks.turns.first.scroll_into_view_if_needed()
    talks.select("beta")
    expect(talks.box).to_have_value("")
    expect(talks.turns.last).to_be_in_viewport()
    talks.select("alpha")
    expect(talks.box).to_have_value("for alpha alone")
    with site.store.unit() as uow:
        uow.conversations.set_state(alpha, ConversationState.BOT)  # as when the customer starts over
    expect(talks.facts).to_contain_text("Nobody waits here any more")
    expect(talks.box).to_have_value("for alpha alone")
    expect(page.locator("#send-reply")).to_be_disabled()


def test_a_look_that_comes_late_does_not_lead_back(page: Page, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    alpha, _ = site.taken("alpha", "beta")
    is_slow, asked, answered = Event(), Event(), Event()

    def open_slowly(handover: Handover, operator: str, chosen: str | None) -> Room:
        room = open_room(handover, operator, chosen)
        if chosen == alpha and is_slow.is_set():
            asked.set()
            time.sleep(1)
            answered.set()
        return room

    monkeypatch.setattr("ui.desk.handover_tab.open_room", open_slowly)
    talks = Desk(page, site.address).sign_in("ann", PASSWORD).conversations.open().select("alpha")
    expect(talks.turns.last).to_have_text("Customeralpha")
    is_slow.set()
    assert asked.wait(10)
    talks.select("beta")
    expect(talks.turns.last).to_have_text("Customerbeta")
    talks.write("for beta alone")
    assert answered.wait(10)
    page.wait_for_timeout(500)
    expect(talks.turns.last).to_have_text("Customerbeta")
    expect(talks.box).to_have_value("for beta alone")


@pytest.mark.parametrize("is_done", [False, True])  # done, but not told to the page yet
def test_a_look_that_begins_while_a_customer_is_handed_back_does_not_lead_back(
    page: Page, site: Site, monkeypatch: pytest.MonkeyPatch, is_done: bool
) -> None:
    (alpha,) = site.taken("alpha")
    handed, looked, one_more = Event(), Event(), Doings.one_more

    def hand_back_slowly(handover: Handover, operator: str, chosen: str | None) -> Room:
        room = hand_back(handover, operator, chosen)
        handed.set()
        assert is_done or looked.wait(10)
        return room

    @contextmanager
    def answer_slowly(doings: Doings) -> Iterator[None]:
        with one_more(doings):
            yield
        looked.wait(2)

    def open_slowly(handover: Handover, operator: str, chosen: str | None) -> Room:
        room = open_room(handover, operator, chosen)
        if chosen == alpha and handed.is_set():
            looked.set()
            time.sleep(1)
        return room

    monkeypatch.setattr("ui.desk.handover_tab.open_room", open_slowly)
    monkeypatch.setattr("ui.desk.handover_tab.hand_back", hand_back_slowly)
    if is_done:
        monkeypatch.setattr(Doings, "one_more", answer_slowly)
    talks = Desk(page, site.address).sign_in("ann", PASSWORD).conversations.open()
    expect(talks.turns.last).to_have_text("Customeralpha")
    talks.press("hand-back")
    expect(talks.empty).to_be_visible()
    page.wait_for_timeout(1500)
    expect(talks.empty).to_be_visible()


def test_what_a_customer_is_typing_survives_a_reply(page: Page, site: Site, operator: Desk) -> None:
    chat = ChatPage(page, site.address).open()
    chat.person.click()
    talks = operator.sign_in("ann", PASSWORD).conversations.open().take_over("Asked for a person")
    chat.box.press_sequentially("my order number is")
    talks.reply("Hello, what is your order number?")
    expect(chat.answers.last).to_have_text("Hello, what is your order number?")
    expect(chat.box).to_have_value("my order number is")
    expect(chat.box).to_be_focused()


def test_waiting_without_news_draws_nothing(page: Page, site: Site) -> None:
    chat = ChatPage(page, site.address).open()
    chat.person.click()
    expect(chat.banner).to_be_visible()
    page.evaluate("""() => {
        window.drawn = 0;
        new MutationObserver((seen) => { window.drawn += seen.length; }).observe(
            document.querySelector("#log [role=log]"), { childList: true, subtree: true, characterData: true });
    }""")
    with page.expect_response(lambda answer: "queue/join" in answer.url):  # a look has begun …
        page.wait_for_timeout(10)
    page.wait_for_timeout(700)  # … and this is the next
    assert page.evaluate("window.drawn") == 0
