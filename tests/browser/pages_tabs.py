"""Page objects of the desk's quieter tabs: conflicts, agreement, health and the log."""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.pages_desk import choose, open_tab


class ConflictsTab:
    """Labels that contradict each other."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.heading = page.locator("#conflict h2")
        self.sides = page.locator("#conflict .side")
        self.status = page.locator("#conflicts-status")
        self.following = page.locator("#next-conflict")
        self.undo = page.locator("#undo-conflict")

    def open(self) -> ConflictsTab:
        open_tab(self.page, "Conflicts")
        expect(self.heading).to_be_visible()
        return self

    def keep(self, side: str, title: str) -> ConflictsTab:
        """One click on Keep A or Keep B, which says whose label that is."""
        self.page.get_by_role("button", name=f"Keep {side}: {title}", exact=True).click()
        return self


class AgreementTab:
    """Second opinions."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.text = page.locator("#sample blockquote")
        self.sample = page.locator("#sample")
        self.figures = page.locator("#agreement-figures")

    def open(self) -> AgreementTab:
        open_tab(self.page, "Agreement")
        expect(self.figures).to_contain_text("Cohen’s kappa")
        return self

    def give(self, opinions: dict[str, str]) -> AgreementTab:
        """Judges every text that is shown, by the titles in `opinions`."""
        for _ in opinions:
            text = self.text.inner_text()
            choose(self.page, "#opinion", opinions[text])
            self.page.locator("#give-opinion").click()
            expect(self.text.filter(has_text=text)).to_have_count(0)
        return self


class HealthTab:
    """The plots and what is behind them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.words = page.locator("#health-words")
        self.plots = page.locator("#health-plots section")

    def open(self) -> HealthTab:
        """Opens the tab anew, and waits until the curves are drawn."""
        open_tab(self.page, "Inbox")
        open_tab(self.page, "Health")
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
        plot = self.plot(title)
        plot.locator("summary").click()
        with self.page.expect_download() as saved:
            plot.locator("a.data").click()
        return Path(saved.value.path()).read_text().splitlines()


class LogTab:
    """Who changed what."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.rows = page.locator("#log-table tbody tr")

    def open(self) -> LogTab:
        open_tab(self.page, "Log")
        expect(self.rows.first).to_be_visible()
        return self

    def of(self, person: str) -> LogTab:
        choose(self.page, "#log-who", person)
        return self

    def save(self) -> list[str]:
        with self.page.expect_download() as saved:
            self.page.locator("#log-table a.data").click()
        return Path(saved.value.path()).read_text().splitlines()
