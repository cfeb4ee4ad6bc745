"""A customer leaves the page while an answer is on its way, or has the chat open twice: it goes on where it is."""

from __future__ import annotations

import re
import threading

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.pages.chat import ChatPage

pytestmark = pytest.mark.browser


@pytest.fixture
def chat(page: Page, site: Site) -> ChatPage:
    return ChatPage(page, site.address).open()


@pytest.fixture
def other(chat: ChatPage, page: Page) -> ChatPage:
    """The same conversation in a second tab."""
    return ChatPage(page.context.new_page(), chat.address)


def test_an_answer_that_was_on_its_way_when_the_page_was_left_comes_and_the_message_is_not_sent_twice(
    chat: ChatPage, site: Site, page: Page
) -> None:
    left = threading.Event()
    site.live.before_predicting = lambda: left.wait(30)
    chat.say("where is my parcel")
    expect(chat.bubbles).to_have_count(2)
    page.goto("about:blank")  # a link to somewhere else
    page.goto(chat.address + "/")
    chat.wait()
    expect(chat.box).to_have_value("")
    expect(chat.typing).to_be_visible()
    left.set()
    expect(chat.bubbles).to_have_text([re.compile("Hello"), "where is my parcel", "Parcels take two days."])
    expect(chat.typing).to_be_hidden()
    expect(chat.box).to_have_value("")


def test_what_happens_in_one_tab_shows_in_the_other_and_what_is_typed_there_stays(
    chat: ChatPage, other: ChatPage, site: Site
) -> None:
    chat.ask("where is my parcel", "Parcels take two days.")
    other.page.goto(chat.address + "/")
    other.wait()
    chat.box.press_sequentially("half a quest")
    other.ask("where is my parcel", "Parcels take two days.")
    expect(chat.bubbles).to_have_count(5)
    other.person.click()
    expect(chat.banner).to_be_visible()  # and asks for a person's answer by itself from now on
    expect(chat.box).to_have_value("half a quest")
    other.page.on("dialog", lambda dialog: dialog.accept())
    other.start_over.click()
    expect(chat.bubbles).to_have_count(1)
    other.page.close()


def test_a_tab_whose_own_message_is_on_its_way_hears_of_the_other_after_it(
    chat: ChatPage, other: ChatPage, site: Site
) -> None:
    chat.ask("where is my parcel", "Parcels take two days.")
    other.page.goto(chat.address + "/")
    other.wait()
    begun, heard = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        heard.wait(20)

    site.live.before_predicting = slow
    chat.say("where is it")
    assert begun.wait(20)
    site.live.before_predicting = lambda: None
    other.ask("where is my parcel", "Parcels take two days.")
    expect(chat.bubbles.last).to_have_text("where is it")  # not taken away meanwhile
    heard.set()
    expect(chat.typing).to_be_hidden()
    expect(chat.bubbles).to_have_count(7)
    expect(other.bubbles).to_have_count(7)
    other.page.close()
