"""Page object: the conversations tab of the desk, in an operator's words."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.pages import DeskPage


class HandoverPage:
    """What an operator does with customers who wait."""

    def __init__(self, page: Page, address: str) -> None:
        self.desk = DeskPage(page, address)
        self.tab = page.get_by_role("tab", name="Conversations")
        self.talks = page.locator("#talks label")
        self.turns = page.locator("#talk-words .talk li")
        self.empty = page.locator("#talk-words .empty")
        self.status = page.locator("#talk-status")
        self.take = page.locator("#take-over")
        self.box = page.locator("#reply textarea")
        self.send = page.locator("#send-reply")
        self.back = page.locator("#hand-back")

    def sign_in(self, name: str, password: str) -> HandoverPage:
        self.desk.sign_in(name, password).wait()
        self.tab.click()
        return self

    def take_over(self, text: str) -> HandoverPage:
        """Opens the conversation whose last message starts with `text`, and takes it."""
        self.talks.filter(has_text=text).first.click()
        self.take.click()
        expect(self.box).to_be_visible()
        return self

    def reply(self, text: str) -> HandoverPage:
        self.box.fill(text)
        self.send.click()
        return self
