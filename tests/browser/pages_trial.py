"""The page object of comparing and trying a version, within the versions tab."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect


class TrialPart:
    """What a lead can do and see there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.comparison = page.locator("#comparison")
        self.changed = page.locator("#comparison h3 ~ .scroll tbody tr")
        self.save = page.locator("#comparison a.data")
        self.experiment = page.locator("#experiment")
        self.status = page.locator("#experiment-status")
        self.publish_button = page.locator("#publish-tried")

    def compare(self, days: int) -> TrialPart:
        self.page.get_by_role("button", name="Compare with the live version").click()
        self._fill("#days input", days)
        self.page.locator("#compare").click()
        return self

    def start(self, percent: int) -> TrialPart:
        self.page.get_by_role("button", name="Try on customers").click()
        self._fill("#share input", percent)
        self.page.locator("#start-trial").click()
        return self

    def _fill(self, field: str, number: int) -> None:
        """A part that is just unfolding sets its fields once more."""
        box = self.page.locator(field)
        expect(box).to_be_visible()
        self.page.wait_for_timeout(150)
        box.fill(str(number))
        box.press("Tab")

    def publish(self, why: str) -> TrialPart:
        self.page.locator("#trial-reason textarea").fill(why)
        self.publish_button.click()
        return self

    def drop(self, why: str) -> TrialPart:
        self.page.locator("#trial-reason textarea").fill(why)
        self.page.locator("#drop-tried").click()
        return self

    def wait_until(self, reached: Callable[[], bool], seconds: float = 10) -> TrialPart:
        """For what the page does not show."""
        end = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > end:
                raise TimeoutError("it did not happen")
            self.page.wait_for_timeout(50)
        expect(self.status).to_be_attached()
        return self
