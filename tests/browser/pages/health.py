"""The health tab: the plots and what is behind them."""

from __future__ import annotations

import base64

from playwright.sync_api import Locator, Page, expect

from tests.browser.pages.tab import Tab, open_tab


class Health(Tab):
    """Answers in words, plots and files."""

    NAME, STATUS, READY = "Health", "#health-status", "#health-words :is(.empty, .answers)"

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.words = page.locator("#health-words")
        self.plots = page.locator("#health-plots section")
        self.pictures = page.locator("#health-plots img.plot")
        self.lists = page.locator("#health-lists")

    def reopen(self) -> Health:
        """Opens the tab anew, so that it is drawn anew."""
        open_tab(self.page, "Inbox")
        return self.open()

    def drawn(self) -> Health:
        """Waits until the curves are drawn."""
        expect(self.plots.first).to_be_visible()
        return self

    def plot(self, title: str) -> Locator:
        return self.plots.filter(has=self.page.get_by_role("heading", name=title, exact=True))

    def svg(self, title: str) -> str:
        """What is drawn; its texts stand in comments beside their outlines."""
        source = self.plot(title).locator("img.plot").get_attribute("src") or ""
        return base64.b64decode(source.partition("base64,")[2]).decode()

    def save(self, title: str) -> list[str]:
        """The lines of the file behind a plot."""
        self.plot(title).locator("summary").click()
        return self.saved(self.plot(title).locator("a.data"))

    def are_loaded(self) -> bool:
        """Whether all pictures are there, in a size to be read."""
        pictures = "[...document.querySelectorAll('img.plot')]"
        return bool(self.page.evaluate(f"{pictures}.every(i => i.complete && i.naturalWidth > 300)"))
