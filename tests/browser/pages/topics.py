"""Proposed intents."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.pages.tab import Tab, choose


class Topics(Tab):
    """Deciding about what fits no intent."""

    NAME, STATUS, READY = "New topics", "#topics-status", "#open-topic h2"

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.listed = page.locator("#proposals label")
        self.shown = page.locator("#open-topic")

    def merge(self, title: str) -> Topics:
        """Its messages mean an intent that exists."""
        choose(self.page, "topic-intent", title)
        return self.press("topic-merge")
