"""Page objects of the desk beyond the open message: inbox, intents and the other tabs."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


class InboxPage:
    """The list of messages with its filters and keys."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.heading = page.locator("#count h2")
        self.listed = page.locator("#messages label")
        self.text = page.locator("#open-message blockquote")
        self.status = page.locator("#queue-status")
        self.number = page.locator("#page-number")

    def search(self, words: str) -> InboxPage:
        """By keys alone: / goes to the field, Enter asks."""
        self.page.keyboard.press("/")
        expect(self.page.locator("#search textarea, #search input")).to_be_focused()
        self.page.keyboard.insert_text(words)
        self.page.keyboard.press("Enter")
        return self

    def show(self, selection: str) -> InboxPage:
        choose(self.page, "#shown", selection)
        return self

    def sort(self, order: str) -> InboxPage:
        choose(self.page, "#sort", order)
        return self

    def filter(self, **wanted: str) -> InboxPage:
        """Sets the filters named like their fields, such as `predicted` or `least`, and applies them."""
        folded = self.page.locator("#more-filters > button.label-wrap:not(.open)")
        if folded.count():
            folded.click()
        for name, value in wanted.items():
            if name in ("predicted", "labelled", "decision", "signal"):
                choose(self.page, f"#{name}", value)
            else:
                self.page.locator(f"#{name}").locator("input, textarea").fill(value)
        self.page.locator("#apply").click()
        return self

    def finds(self, *texts: str) -> InboxPage:
        """Waits until exactly these messages are found."""
        expect(self.heading).to_have_text(f"{len(texts)} found")
        for text in texts:
            expect(self.listed.filter(has_text=re.compile(f"{re.escape(text)}$"))).to_have_count(1)
        return self

    def turn(self) -> InboxPage:
        self.page.locator("#following").click()
        return self

    def label_by_key(self, key: str, text: str) -> InboxPage:
        """Presses one key while `text` is open; returns when another message is open or none is left."""
        expect(self.text).to_have_text(text)
        self.page.keyboard.press(key)
        expect(self.text.filter(has_text=text)).to_have_count(0)
        return self

    def label_all(self, intent: str) -> InboxPage:
        """Previews labelling everything that is found."""
        self.page.get_by_role("button", name="Label all that are found").click()
        choose(self.page, "#bulk-intent", intent)
        self.page.locator("#bulk-preview").click()
        return self


class IntentsTab:
    """Looking after intents."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.listed = page.locator("#all-intents label")
        self.facts = page.locator("#intent-facts")
        self.status = page.locator("#intents-status")
        self.answer = page.get_by_label("Answer for the customer").and_(page.locator("#edit-answer textarea"))
        self.preview = page.locator("#preview .bubble")

    def open(self) -> IntentsTab:
        open_tab(self.page, "Intents")
        expect(self.listed.first).to_be_visible()
        return self

    def select(self, title: str) -> IntentsTab:
        self.listed.filter(has_text=title).first.click()
        expect(self.facts.locator("h2")).to_contain_text(title)
        return self

    def unfold(self, part: str) -> IntentsTab:
        self.page.get_by_role("button", name=part).click()
        return self


def choose(page: Page, where: str, option: str) -> None:
    """Picks an option of a dropdown."""
    page.locator(f"{where} input").click()
    page.get_by_role("option", name=option).first.click()


def open_tab(page: Page, name: str) -> None:
    """Opens a tab of the desk, also one that found no room in the bar and lies in the menu beside it."""
    beside = page.locator(".overflow-dropdown button").get_by_text(name, exact=True)
    if beside.count():
        page.get_by_role("button", name="More tabs").click()
        beside.click()
    else:
        page.get_by_role("tab", name=name, exact=True).click()
