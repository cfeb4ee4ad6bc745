"""The chat without eyes, without a mouse, on a phone, and at night."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import Page, expect

from assistant.dialogue.phrases import en as phrases
from tests.browser.axe import grave
from tests.browser.conftest import Site
from tests.browser.pages.chat import ChatPage
from tests.browser.pages.desk import Desk
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def chat(page: Page, site: Site) -> ChatPage:
    return ChatPage(page, site.address).open()


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_nothing_grave(chat: ChatPage, page: Page, look: str, width: int) -> None:
    page.emulate_media(color_scheme=look)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 700})
    chat.reload()
    shade = page.evaluate("getComputedStyle(document.querySelector('.gradio-container')).backgroundColor")
    assert (shade == "rgb(18, 24, 26)") == (look == "dark")
    found = grave(page)
    chat.ask("where is my parcel", "Parcels take two days.")
    found += grave(page)
    chat.rate("No")
    expect(chat.commenting).to_be_visible()
    chat.box.fill("x" * 2001)
    expect(chat.counter).to_contain_text("too many")
    found += grave(page)
    chat.say("hm")
    expect(chat.banner).to_be_visible()
    found += grave(page)
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(color_scheme="light")


def test_axe_would_find_something(chat: ChatPage, page: Page) -> None:
    page.evaluate("document.querySelector('#send').style.color = '#0f7b76'")
    assert grave(page)


def test_everything_works_by_the_keyboard_alone(chat: ChatPage, page: Page) -> None:
    expect(chat.box).to_be_focused()
    page.keyboard.type("hm")
    page.keyboard.press("Enter")
    expect(chat.answers.last).to_have_text(phrases.CLARIFY)
    expect(chat.options).to_have_count(4)
    for _ in range(4):  # back over the four options
        page.keyboard.press("Shift+Tab")
    expect(chat.options.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(chat.answers.last).to_have_text("We refund within five days.")
    expect(chat.box).to_be_focused()  # the button is gone, the focus is not lost
    page.keyboard.type("where is my parcel")
    page.keyboard.press("Tab")
    expect(page.locator("#send")).to_be_focused()
    page.keyboard.press("Tab")
    expect(chat.start_over).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(chat.answers.last).to_have_text("Parcels take two days.")


def test_nothing_moves_for_those_who_asked_for_it(chat: ChatPage, page: Page, site: Site) -> None:
    def moving() -> list[str]:
        shown = "[...document.querySelectorAll('.gradio-container *')].map(each => getComputedStyle(each))"
        # What comes late only appears, in a moment: a shift of nobody's view.
        moves = "style.transitionDuration !== '0s' || !['none', 'appear', 'show'].includes(style.animationName)"
        return list(page.evaluate(f"{shown}.filter(style => {moves}).map(style => style.animationName)"))

    assert moving()
    page.emulate_media(reduced_motion="reduce")
    assert moving() == []
    Desk(page, site.address).sign_in("ann", PASSWORD)
    assert moving() == []
    page.emulate_media(reduced_motion="no-preference")
    assert moving()


def test_screen_readers_hear_new_messages_and_who_says_them(chat: ChatPage, page: Page) -> None:
    log = page.get_by_role("log", name="Conversation")
    expect(log).to_have_attribute("aria-live", "polite")
    expect(log).to_have_attribute("tabindex", "0")
    chat.ask("where is my parcel", "Parcels take two days.")
    greeting = phrases.GREETING
    heard = f"Assistant {greeting} You where is my parcel Assistant Parcels take two days. Copy"
    assert " ".join(log.inner_text().split()) == heard
    expect(page.get_by_role("textbox", name="Your message")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Support")
    expect(page.get_by_role("main")).to_have_count(1)


def test_the_focus_goes_from_the_top_to_the_bottom(chat: ChatPage, page: Page) -> None:
    chat.ask("where is my parcel", "Parcels take two days.")
    expect(chat.suggestions.first).to_be_visible()
    chat.person.focus()
    tops = []
    for _ in range(10):
        page.keyboard.press("Tab")
        tops.append(page.evaluate("document.activeElement.getBoundingClientRect().top"))
    assert all(lower > upper - 10 for upper, lower in itertools.pairwise(tops))  # 10 px: side by side
