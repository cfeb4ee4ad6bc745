"""The desk: the way in and out, and its tabs."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.pages.conversations import Conversations
from tests.browser.pages.health import Health
from tests.browser.pages.inbox import Inbox
from tests.browser.pages.intents import Intents
from tests.browser.pages.people import People
from tests.browser.pages.quality import Agreement, Conflicts, Log
from tests.browser.pages.topics import Topics
from tests.browser.pages.versions import Versions


class Desk:
    """What one operator has before them."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.inbox = Inbox(page)
        self.conversations = Conversations(page)
        self.topics = Topics(page)
        self.intents = Intents(page)
        self.conflicts = Conflicts(page)
        self.agreement = Agreement(page)
        self.versions = Versions(page)
        self.health = Health(page)
        self.log = Log(page)
        self.people = People(page)
        self.door = page.get_by_role("button", name="Sign in")

    def knock(self, name: str, password: str) -> Desk:
        """Opens the desk, which asks to sign in first, and tries to."""
        self.page.goto(self.address + "/desk/")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(password)
        self.door.click()
        return self

    def sign_in(self, name: str, password: str) -> Desk:
        """Signs in and waits until the inbox is drawn and stays as it is."""
        self.knock(name, password)
        expect(self.inbox.heading).to_be_visible()
        self.inbox.turned("new-intent")
        return self
