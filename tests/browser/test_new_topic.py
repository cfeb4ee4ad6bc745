"""A topic that nobody thought of: asked in the chat, proposed, approved at the desk, learned, answered."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from assistant.services.corpus import read_corpus
from tests.browser.pages import ChatPage, DeskPage
from tests.browser.test_whole_loop import Running, command, running

__all__ = ["running"]  # the fixture

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]

ANSWER = "Yes: choose gift wrapping at the checkout, it costs 3 euro."


def asked(folder: Running, *texts: str) -> None:
    """Lets customers write to the live version, as the chat would log it, and complain about every answer."""
    from assistant.bootstrap import Assistant
    from assistant.domain import Signal
    from assistant.services.chat import Chat
    from assistant.settings import Settings

    parts = Assistant(Settings(data=folder.folder))
    chat = Chat(parts.store, parts.serving_model())
    for text in texts:
        view = chat.reply(chat.start().conversation_id, text)
        if view.turns[-1].can_rate:
            chat.signal(view.conversation_id, view.turns[-1].message_id, Signal.NOT_MEANT)


def test_a_topic_asked_about_is_proposed_approved_learned_and_answered(
    running: Running, chromium: BrowserContext
) -> None:
    rows = [row.text for row in read_corpus().of_session(3).train if row.intent == "gift_wrapping"]
    question, others = rows[0], rows[1:25]
    chromium.clear_cookies()
    customer, operator = chromium.new_page(), chromium.new_page()
    for page in (customer, operator):
        page.set_viewport_size({"width": 1200, "height": 850})
        page.set_default_timeout(30_000)
    chat, desk = ChatPage(customer, running.address), DeskPage(operator, running.address)

    chat.open().say(question)
    expect(chat.answers).to_have_count(2)
    expect(chat.answers.last).not_to_have_text(ANSWER)
    asked(running, *others)
    found = command(running.folder, "discover")
    assert re.search(r"[1-9]\d* intents proposed", found.stdout), found.stdout + found.stderr

    desk.sign_in("lead", running.password).wait()
    operator.get_by_role("tab", name="New topics").click()
    topic = operator.locator("#proposals label").first
    expect(topic).to_contain_text("gift")
    expect(operator.locator("#open-topic")).to_contain_text("Nearest is")
    operator.locator("#topic-title input, #topic-title textarea").fill("Gift wrapping")
    operator.locator("#topic-name input, #topic-name textarea").fill("gift_wrapping")
    operator.locator("#approve").click()
    expect(operator.locator("#topics-status")).to_contain_text("needs a title and an answer")
    operator.locator("#topic-answer textarea").fill(ANSWER)
    operator.locator("#approve").click()
    expect(operator.locator("#topics-status")).to_contain_text("“gift_wrapping” was added")

    trained = command(running.folder, "retrain")
    assert trained.returncode == 0, trained.stdout + trained.stderr
    assert "intents proposed" in trained.stdout
    customer.wait_for_timeout(2500)  # the running chat swaps the version within two seconds
    chat.open().say(question)
    expect(chat.answers).to_have_count(2)
    expect(chat.answers.last).to_have_text(ANSWER)
    customer.close()
    operator.close()
