"""Looking after intents."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.pages.tab import Tab, choose, field

SPLIT = "Split off a new intent"


class Intents(Tab):
    """Rewording, merging, splitting and retiring."""

    NAME, STATUS, READY = "Intents", "#intents-status", "#all-intents label"

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.listed = page.locator("#all-intents label")
        self.facts = page.locator("#intent-facts")
        self.answer = field(page, "edit-answer")
        self.preview = page.locator("#preview .bubble")
        self.wordings = page.locator("#wordings tbody tr")
        self.search = page.get_by_role("searchbox", name="Search intents")

    def select(self, title: str) -> Intents:
        self.listed.filter(has_text=title).first.click()
        expect(self.facts.locator("h2")).to_contain_text(title)
        return self.turned("intent")

    def unfold(self, part: str) -> Intents:
        super().unfold(part)
        return self.turned("split") if part == SPLIT else self  # which is not on the page before

    def go_back(self, to: str) -> Intents:
        choose(self.page, "wording", to)
        return self.press("go-back")

    def merge(self, into: str) -> Intents:
        self.unfold("Merge into another intent")
        choose(self.page, "merge-into", into)
        return self.press("merge")

    def split(self, text: str, name: str, title: str, answer: str) -> Intents:
        self.unfold(SPLIT)
        self.page.get_by_role("checkbox", name=text).check()
        for part, typed in (("title", title), ("name", name), ("answer", answer)):
            self.fill(f"split-{part}", typed)
        return self.press("split")

    def retire(self, *, erase: bool = False) -> Intents:
        self.unfold("Retire")
        self.page.locator("#erase input").set_checked(erase)
        self.page.locator("#retire").click()
        return self
