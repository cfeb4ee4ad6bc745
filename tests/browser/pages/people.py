"""The people tab: one's own password, and for leads who may sign in."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.pages.tab import Tab, choose


class People(Tab):
    """Accounts."""

    NAME, STATUS, READY = "People", "#people-status", "#people-list td"

    def __init__(self, page: Page) -> None:
        super().__init__(page)
        self.rows = page.locator("#people-list tbody tr")
        self.for_leads = page.locator("#people-leads")

    def row(self, name: str) -> list[str]:
        return self.rows.filter(has_text=re.compile(f"^{name}")).locator("td").all_inner_texts()

    def add(self, name: str) -> str:
        """Adds somebody; returns the password that is shown."""
        self.fill("person-name", name).press("add-person")
        return self.password()

    def pick(self, name: str) -> People:
        choose(self.page, "person-known", name)
        return self

    def make(self, name: str, role: str) -> People:
        """Gives somebody another role."""
        self.pick(name)
        choose(self.page, "new-role", role)
        return self.press("change-role")

    def password(self) -> str:
        """The one that was just shown."""
        expect(self.status).to_contain_text("sign in")
        shown = re.search(r"with the password (\S+)", self.status.inner_text())
        if shown is None:
            raise AssertionError(self.status.inner_text())
        return shown[1]

    def change_password(self, present: str, new: str, again: str) -> People:
        for name, typed in (("present-password", present), ("new-password", new), ("new-password-again", again)):
            self.fill(name, typed)
        return self.press("change-password")
