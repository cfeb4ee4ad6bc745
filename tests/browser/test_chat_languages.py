"""The chat in English and in Chinese."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from assistant.dialogue.languages import PHRASES, Language
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
    chat = ChatPage(page, site.address).open()
    chat.language.click()
    expect(chat.answers).to_have_text([SAID.GREETING])
    chat.reload()
    expect(chat.answers).to_have_text([SAID.GREETING])
    chat.ask("嗯", SAID.CLARIFY)
    page.context.clear_cookies(name="chat_language")
    chat.reload()
    expect(page.locator("#send")).to_have_text(ZH.send)
    chat.language.click()
    expect(page.locator("#send")).to_have_text(EN.send)
    expect(chat.answers.last).to_have_text(SAID.CLARIFY)  # what was said stays
