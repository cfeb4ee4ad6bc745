"""The chat in the languages that it speaks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from assistant.dialogue.languages import PHRASES
from assistant.domain import Language
from tests.browser.conftest import Site
from tests.browser.pages.chat import ChatPage
from ui.words import WORDS

pytestmark = pytest.mark.browser
ZH, EN = WORDS[Language.CHINESE], WORDS[Language.ENGLISH]
SAID = PHRASES[Language.CHINESE]


def test_the_browser_chooses_the_language_of_page_and_bot(page: Page, site: Site) -> None:
    page.set_extra_http_headers({"Accept-Language": "zh-CN,zh;q=0.9"})
    chat = ChatPage(page, site.address).open()
    expect(chat.answers).to_have_text([SAID.GREETING])
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page).to_have_title(SAID.TITLE)
    chat.ask("嗯", SAID.CLARIFY)
    expect(chat.options.last).to_have_text(SAID.NONE_OF_THESE)
    chat.choose(SAID.NONE_OF_THESE)
    expect(chat.answers.last).to_have_text(SAID.REPHRASE)
    page.get_by_role("button", name=ZH.person).click()
    expect(chat.answers.last).to_have_text(SAID.HAND_OVER)
    expect(chat.banner).to_have_text(SAID.WAITING)
    for english in (EN.person, EN.start_over, EN.send, EN.helpful):
        expect(page.get_by_text(english, exact=True)).to_have_count(0)


def test_the_switch_is_remembered_by_the_conversation_and_without_one(page: Page, site: Site) -> None:
    chat = ChatPage(page, site.address).open().speak(Language.CHINESE)
    expect(chat.answers).to_have_text([SAID.GREETING])
    chat.reload()
    expect(chat.answers).to_have_text([SAID.GREETING])
    chat.ask("嗯", SAID.CLARIFY)
    page.context.clear_cookies(name="chat_language")
    chat.reload()
    expect(page.locator("#send")).to_have_text(ZH.send)
    chat.speak(Language.ENGLISH)
    expect(page.locator("#send")).to_have_text(EN.send)
    expect(chat.answers.last).to_have_text(SAID.CLARIFY)  # what was said stays


def test_the_page_offers_each_other_language_by_its_own_name(page: Page, site: Site) -> None:
    page.set_extra_http_headers({"Accept-Language": "fr-CH, de;q=0.8"})
    chat = ChatPage(page, site.address).open()
    expect(chat.answers).to_have_text([PHRASES[Language.FRENCH].GREETING])
    for language in (Language.GERMAN, Language.SPANISH):
        chat.speak(language)
        expect(page.locator("#send")).to_have_text(WORDS[language].send)
        others = [each for each in Language if each is not language]
        expect(page.locator(".language")).to_have_text([WORDS[each].language for each in others])
        tags = page.locator(".language").evaluate_all("buttons => buttons.map((each) => each.lang)")
        assert tags == [each.value for each in others]
    chat.ask("hm", PHRASES[Language.SPANISH].CLARIFY)
    chat.ask("Ninguno de estos.", PHRASES[Language.SPANISH].REPHRASE)


@pytest.mark.parametrize("language", Language)
def test_the_words_find_room_on_a_small_phone(page: Page, site: Site, language: Language) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    chat = ChatPage(page, site.address).open()
    if language is not Language.ENGLISH:
        chat.speak(language)
    chat.say("hm")
    expect(chat.start_over).to_be_visible()
    across = "each => { const box = each.getBoundingClientRect(); return [box.left, box.right]; }"
    title, person = page.locator("#top h1").evaluate(across), chat.person.evaluate(across)
    assert 0 < title[0] < title[1] <= person[0] < person[1] < 320
    for button in page.locator("#foot > button").all():
        left, right = button.evaluate(across)
        assert 0 < left < right < 320
