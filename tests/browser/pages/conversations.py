"""Conversations that wait for a person."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.pages.tab import Tab, field


class Conversations(Tab):
    """What an operator does with customers who wait."""

    NAME, STATUS, READY = "Conversations", "#talk-status", "#talk-words :is(.empty, .talk)"

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.tab = page.get_by_role("tab", name=self.NAME)
        self.talks = page.locator("#talks label")
        self.turns = page.locator("#talk-words .talk li")
        self.facts = page.locator("#talk-facts")
        self.empty = page.locator("#talk-words .empty")
        self.take = page.locator("#take-over")
        self.box = field(page, "reply")

    def select(self, text: str) -> Conversations:
        """Opens the conversation whose card has `text`."""
        self.talks.filter(has_text=text).first.click()
        return self

    def take_over(self, text: str) -> Conversations:
        """Opens the conversation whose last message starts with `text`, and takes it."""
        self.select(text).take.click()
        expect(self.box).to_be_visible()
        return self

    def write(self, text: str) -> Conversations:
        """Types behind what stands in the box of the open conversation."""
        self.turned("reply").box.press_sequentially(text)
        return self

    def reply(self, text: str) -> Conversations:
        self.turned("reply").box.fill(text)
        return self.press("send-reply")
