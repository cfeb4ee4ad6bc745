"""Versions: publishing, going back, comparing and trying."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.pages.tab import Tab, field


class Versions(Tab):
    """What a lead can do and see there."""

    NAME, STATUS, READY = "Versions", "#versions-status", "#live-version p"

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.live = page.locator("#live-version p")
        self.report = page.locator("#report")
        self.history = page.locator("#history tbody tr")
        self.trial = Trial(page)

    def select(self, version_id: str) -> Versions:
        self.page.locator("#versions label").filter(has_text=version_id).click()
        expect(self.page.locator("#selected-version h2")).to_contain_text(version_id)
        return self

    def publish(self, reason: str) -> Versions:
        return self.fill("reason", reason).press("publish")

    def roll_back(self, reason: str) -> Versions:
        return self.fill("reason", reason).press("roll-back")


class Trial(Tab):
    """Comparing the open version and trying it on customers."""

    NAME, STATUS, READY = "Versions", "#experiment-status", "#live-version p"

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.comparison = page.locator("#comparison")
        self.changed = page.locator("#comparison h3 ~ .scroll tbody tr")
        self.reason = field(page, "trial-reason")
        self.file = page.locator("#comparison a.data")
        self.experiment = page.locator("#experiment")
        self.publish_button = page.locator("#publish-tried")

    def compare(self, days: int) -> Trial:
        return self.unfold("Compare with the live version")._number("days", days).press("compare")

    def start(self, percent: int) -> Trial:
        return self.unfold("Try on customers")._number("share", percent).press("start-trial")

    def _number(self, name: str, number: int) -> Trial:
        box = field(self.page, name)
        expect(box).to_be_visible()
        box.fill(str(number))
        box.press("Tab")
        return self

    def publish(self, why: str) -> Trial:
        return self.fill("trial-reason", why).press("publish-tried")

    def drop(self, why: str) -> Trial:
        return self.fill("trial-reason", why).press("drop-tried")

    def wait_until(self, reached: Callable[[], bool], seconds: float = 10) -> Trial:
        """For what the page does not show."""
        end = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > end:
                raise TimeoutError("it did not happen")
            self.page.wait_for_timeout(50)
        return self
