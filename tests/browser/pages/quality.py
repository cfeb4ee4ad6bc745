"""Where people contradict each other, and the log that keeps it all."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.pages.tab import Tab, choose


class Conflicts(Tab):
    """Labels that contradict each other."""

    NAME, STATUS, READY = "Conflicts", "#conflicts-status", "#conflict h2"

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.heading = page.locator("#conflict h2")
        self.sides = page.locator("#conflict .side")

    def keep(self, side: str, title: str) -> Conflicts:
        """One click on Keep A or Keep B, which says whose label that is."""
        self.page.get_by_role("button", name=f"Keep {side}: {title}", exact=True).click()
        return self


class Agreement(Tab):
    """Second opinions."""

    NAME, STATUS, READY = "Agreement", "#agreement-status", "#agreement-figures h2"

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.text = page.locator("#sample blockquote")
        self.sample = page.locator("#sample")
        self.figures = page.locator("#agreement-figures")

    def give(self, opinions: dict[str, str]) -> Agreement:
        """Judges every text that is shown, by the titles in `opinions`."""
        for _ in opinions:
            text = self.text.inner_text()
            choose(self.page, "opinion", opinions[text])
            self.press("give-opinion")
            expect(self.text.filter(has_text=text)).to_have_count(0)
        return self


class Log(Tab):
    """Who changed what."""

    NAME, STATUS, READY = "Log", "#log-status", "#log-table tbody tr"

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.rows = page.locator("#log-table tbody tr")

    def of(self, person: str) -> Log:
        choose(self.page, "log-who", person)
        return self

    def save(self) -> list[str]:
        return self.saved(self.page.locator("#log-table a.data"))
