"""An operator who looks at something else still learns that a customer waits."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from assistant.services.conversation.chat import Chat
from tests.browser.conftest import Site
from tests.browser.pages.desk import Desk
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser

# A browser that asks nobody, in a window that nobody looks at; what would be shown is kept to be read.
UNSEEN = """
window.notices = [];
window.Notification = class {
  static permission = "default";
  static async requestPermission() { return Notification.permission = "granted"; }
  constructor(title) { window.notices.push(title); }
  addEventListener(name, act) { window.press = act; }
  close() {}
};
Object.defineProperty(document, "hidden", { get: () => true });
"""


def wait(site: Site, *texts: str) -> list[str]:
    """Customers who ask for a person."""
    chat = Chat(site.store, site.live)
    talks = []
    for text in texts:
        talks.append(chat.start().conversation_id)
        chat.reply(talks[-1], text)
        chat.hand_over(talks[-1])
    return talks


def test_the_title_of_the_window_counts_who_waits(page: Page, site: Site) -> None:
    desk = Desk(page, site.address).sign_in("ann", PASSWORD)
    expect(page).to_have_title("Support desk")
    wait(site, "help me", "me too")
    expect(page).to_have_title("(2) Support desk")
    desk.conversations.open().take_over("help me").reply("Gladly.")
    expect(page).to_have_title("(1) Support desk")


def test_whoever_asked_for_it_is_told_once_for_each_and_led_there(page: Page, site: Site) -> None:
    page.add_init_script(UNSEEN)
    desk = Desk(page, site.address).sign_in("ann", PASSWORD)
    desk.conversations.open()
    page.get_by_role("button", name="Notify me when a customer waits").click()
    expect(page.locator("#tell-me")).to_be_hidden()  # there is nothing left to ask
    desk.inbox.open()
    wait(site, "help me")
    expect(page).to_have_title("(1) Support desk")
    assert page.evaluate("notices") == ["A customer waits for a person"]
    wait(site, "me too", "and me")
    expect(page).to_have_title("(3) Support desk")
    assert page.evaluate("notices").pop().endswith("customers wait for a person")
    page.evaluate("press()")
    expect(page.locator("#talk-list")).to_be_visible()


def test_who_was_not_asked_or_said_no_is_not_told(page: Page, site: Site) -> None:
    page.add_init_script(UNSEEN)
    Desk(page, site.address).sign_in("ann", PASSWORD)
    wait(site, "help me")
    expect(page).to_have_title("(1) Support desk")
    assert page.evaluate("notices") == []
