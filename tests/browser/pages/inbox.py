"""The inbox: the list of messages with its filters, the open message, and what can be said about it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.pages.tab import Tab, choose, field


class Inbox(Tab):
    """Labelling, by pointer and by keys."""

    NAME, STATUS, READY = "Inbox", "#queue-status", "#count h2"

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.heading = page.locator("#count h2")
        self.listed = page.locator("#messages label")
        self.number = page.locator("#page-number")
        self.message = page.locator("#open-message")
        self.text = page.locator("#open-message blockquote")
        self.why = page.locator("#why .why")
        self.suggestions = page.locator("#picks button")
        self.neighbours = page.locator("#neighbours tbody tr")
        self.confirm = page.locator("#confirm")

    def select(self, text: str) -> Inbox:
        """Opens the message that starts with `text`."""
        self.listed.filter(has_text=text).first.click()
        expect(self.text).to_contain_text(text)
        return self

    def correct(self, title: str) -> Inbox:
        """Picks the intent with this title from the list and corrects the open message."""
        choose(self.page, "intent", title)
        return self.press("correct")

    def add_intent(self, name: str, title: str, answer: str) -> Inbox:
        if not field(self.page, "intent-title").is_visible():
            self.unfold("New intent")
        for part, typed in (("title", title), ("name", name), ("answer", answer)):
            self.fill(f"intent-{part}", typed)
        return self.press("add-intent")

    def key(self, *keys: str) -> Inbox:
        for key in keys:
            self.page.keyboard.press(key)
        return self

    def leave_field(self) -> Inbox:
        """Where keys are no text."""
        self.heading.click()
        return self

    def label_by_key(self, key: str, text: str) -> Inbox:
        """Presses one key while `text` is open; returns when another message is open or none is left."""
        expect(self.text).to_have_text(text)
        self.page.keyboard.press(key)
        expect(self.text.filter(has_text=text)).to_have_count(0)
        return self

    def search(self, words: str) -> Inbox:
        """By keys alone: / goes to the field, Enter asks."""
        self.page.keyboard.press("/")
        expect(field(self.page, "search")).to_be_focused()
        self.page.keyboard.insert_text(words)
        self.page.keyboard.press("Enter")
        return self

    def show(self, selection: str) -> Inbox:
        choose(self.page, "shown", selection)
        return self

    def sort(self, order: str) -> Inbox:
        choose(self.page, "sort", order)
        return self

    def filter(self, **wanted: str) -> Inbox:
        """Sets the filters named like their fields, such as `predicted` or `least`, and applies them."""
        if self.page.locator("#more-filters > button.label-wrap:not(.open)").count():
            self.unfold("More filters")
        for name, value in wanted.items():
            if name in ("predicted", "labelled", "decision", "signal"):
                choose(self.page, name, value)
            else:
                self.fill(name, value)
        return self.press("apply")

    def finds(self, *texts: str) -> Inbox:
        """Waits until exactly these messages are found."""
        expect(self.heading).to_have_text(f"{len(texts)} found")
        for text in texts:
            expect(self.listed.filter(has_text=re.compile(f"{re.escape(text)}$"))).to_have_count(1)
        return self

    def label_all(self, intent: str) -> Inbox:
        """Previews labelling everything that is found."""
        self.unfold("Label all that are found")
        choose(self.page, "bulk-intent", intent)
        return self.press("bulk-preview")
