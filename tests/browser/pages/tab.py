"""What all tabs of the desk have in common."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar, Self

from playwright.sync_api import Locator, Page, expect

# Six frames in a row in which nothing changes, or two seconds on a page that never rests.
STILL = """() => new Promise((done) => {
    let [still, frames] = [0, 0];
    const watching = new MutationObserver(() => { still = 0; });
    watching.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    const frame = () => {
        if (still++ < 6 && frames++ < 120) return requestAnimationFrame(frame);
        watching.disconnect();
        done();
    };
    frame();
})"""


class Tab:
    """A tab of the desk. `STATUS` says where it tells what happened, `READY` what is there once it is drawn."""

    NAME: ClassVar[str]
    STATUS: ClassVar[str]
    READY: ClassVar[str]

    def __init__(self, page: Page) -> None:
        self.page = page
        self.status = page.locator(self.STATUS)
        self.problem = self.status.get_by_role("alert")

    def open(self) -> Self:
        open_tab(self.page, self.NAME)
        expect(self.page.locator(self.READY).first).to_be_visible()
        return self.settled()

    def press(self, name: str) -> Self:
        """Presses the button of this `elem_id`."""
        self.page.locator(f"#{name}").click()
        return self

    def fill(self, name: str, text: str) -> Self:
        field(self.page, name).fill(text)
        return self

    def unfold(self, part: str) -> Self:
        self.page.locator("[role=tabpanel]:visible button.label-wrap").filter(has_text=part).click()
        return self.settled()

    def settled(self) -> Self:
        """Waits until what is shown for the first time stays as it is: Gradio sets it twice, some frames apart."""
        self.page.evaluate(STILL)
        return self

    def turned(self, form: str) -> Self:
        """Waits until the fields of this form are for what is open: the page turns them after it has drawn the rest."""
        told, is_for = self.page.locator(f"#{form}-drawn"), field(self.page, f"{form}-written-for")
        expect(told).to_contain_text('"of"')
        found = re.search(r'"of"\s*:\s*"([^"]*)"', told.text_content() or "")
        assert found
        expect(is_for).to_have_value(found[1])
        return self.settled()

    def lead_to(self, form: str, label: str) -> Self:
        """Chooses what the intent of this form leads to."""
        self.page.locator(f"#{form}-action").get_by_label(label, exact=True).check()
        return self

    def saved(self, link: Locator) -> list[str]:
        """The lines of the file that a link saves."""
        with self.page.expect_download() as saved:
            link.click()
        return Path(saved.value.path()).read_text().splitlines()


def field(page: Page, name: str) -> Locator:
    """Where one types, within the component of this `elem_id`."""
    return page.locator(f"#{name}").locator("input, textarea")


def choose(page: Page, name: str, option: str) -> None:
    """Picks an option of the dropdown of this `elem_id`."""
    page.locator(f"#{name} input").click()
    page.get_by_role("option", name=option).first.click()


def open_tab(page: Page, name: str) -> None:
    """Opens a tab of the desk."""
    page.get_by_role("tab", name=name).click()
