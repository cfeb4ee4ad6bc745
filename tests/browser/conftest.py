"""A real Chromium against the real application, store and services; only the model is a stand-in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from sqlalchemy import Engine

from assistant.domain import Action, Intent
from assistant.services.accounts.operators import Operators
from assistant.services.conversation.chat import Chat
from assistant.services.conversation.handover import Handover
from assistant.store import Store, migrate, open_engine
from assistant.store.columns import Base
from tests.browser.fakes import FakeVersions
from tests.browser.serving import CHEAP_HASHER, PASSWORD, build_app, serving
from tests.fakes import FakeLive

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
INTENTS = (
    Intent("refund", "Refund", "We refund within five days."),
    Intent("delivery", "Delivery", "Parcels take two days."),
    Intent("person", "Talk to a person", "A colleague takes over.", action=Action.HAND_OVER),
)


@dataclass(frozen=True)
class Site:
    """A running application and what stands behind it."""

    address: str
    store: Store
    live: FakeLive
    versions: FakeVersions

    def receive(self, *texts: str) -> None:
        """Lets customers write, each in a conversation of their own."""
        chat = Chat(self.store, self.live)
        for text in texts:
            chat.reply(chat.start().conversation_id, text)

    def taken(self, *texts: str) -> list[str]:
        """The conversations that begin with `texts`, each taken over by ann."""
        chat, handover = Chat(self.store, self.live), Handover(self.store)
        talks = []
        for text in texts:
            talks.append(chat.start().conversation_id)
            chat.hand_over(talks[-1])
            handover.take_over(talks[-1], "ann")
            chat.reply(talks[-1], text)
        return talks


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Engine]]:
    """One server for all tests: Gradio takes seconds to make one."""
    url = f"sqlite:///{tmp_path_factory.mktemp('site') / 'shop.db'}"
    migrate(url)
    engine = open_engine(url)
    store, live, versions = Store(engine), FakeLive(), FakeVersions()
    with pytest.MonkeyPatch.context() as patch:
        # Nobody waits in a test for what a person hardly notices; an open desk that looks more often keeps a core busy.
        for page, seconds in (("ui.chat.page", 0.5), ("ui.desk.handover_tab", 1.0), ("ui.desk.versions_tab", 1.0)):
            patch.setattr(f"{page}.POLL_SECONDS", seconds)
        app = build_app(store, live, Operators(store, CHEAP_HASHER), versions)
    with serving(app) as address:
        yield Site(address, store, live, versions), engine
    engine.dispose()


@pytest.fixture
def site(running: tuple[Site, Engine]) -> Site:
    """The site as on its first day: three intents, the operator ann, the lead lea, and nothing said yet."""
    site, engine = running
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    with site.store.unit() as uow:
        for intent in INTENTS:
            uow.intents.add(intent, "seed")
    operators = Operators(site.store, CHEAP_HASHER)
    operators.create("ann", PASSWORD)
    operators.create("lea", PASSWORD, role="lead")
    site.versions.reset()
    site.live.before_predicting = lambda: None
    site.live.says = {"where is my parcel": (("delivery", 0.95), ("refund", 0.03))}
    return site


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """One browser with a new profile; skipped where Chromium is not installed."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("Chromium is not installed; on Debian: apt-get install chromium")
    profile = tmp_path_factory.mktemp("profile")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=executable, headless=True, args=FLAGS
        )
        context.set_default_timeout(15_000)
        expect.set_options(timeout=20_000)  # a busy machine takes seconds to load the page
        yield context
        context.close()


@pytest.fixture
def page(chromium: BrowserContext, site: Site) -> Iterator[Page]:
    """A page without cookies. The test fails when the page asked any other server for anything."""
    chromium.clear_cookies()
    page = chromium.new_page()
    page.set_viewport_size({"width": 1200, "height": 850})
    foreign: list[str] = []
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((site.address, "data:", "blob:")) else foreign.append(request.url)
        ),
    )
    yield page
    page.close()
    assert foreign == []
