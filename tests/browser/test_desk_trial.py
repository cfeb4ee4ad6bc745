"""A lead compares a held version with the live one, tries it on customers, and publishes it: with real versions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from assistant.services.accounts.operators import Operators
from assistant.services.conversation.chat import Chat
from assistant.services.desk.desk import desk_services
from assistant.services.intents.retiring import InUse
from assistant.services.trials.trial import Trial
from tests.browser.axe import in_both_looks
from tests.browser.pages.desk import Desk
from tests.browser.pages.health import Health
from tests.browser.serving import CHEAP_HASHER, PASSWORD, outside_loops, serving
from tests.held import NEW, HeldShop, make
from tests.shops import holdout, train
from ui.app import create_app

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Running:
    address: str
    shop: HeldShop
    chat: Chat
    trial: Trial


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The whole application on a shop with a held version; six customers wrote yesterday."""
    folder = tmp_path_factory.mktemp("held")
    make(folder)
    shop = HeldShop(folder)
    operators = Operators(shop.store, CHEAP_HASHER)
    operators.create("ann", PASSWORD)
    operators.create("lea", PASSWORD, role="lead")
    live = shop.live_model()
    trial, in_use = shop.trial(live), InUse(live, shop.store)
    chat = shop.chat(live, trial)
    shop.say(chat, train(NEW, 1)[0].text, holdout(NEW, 1)[0].text, f"{NEW} 9001", "refund 9002", "delivery 9003")
    app = outside_loops(
        lambda: create_app(
            chat,
            desk_services(shop.store, in_use, shop.folder, shop.reports, shop.shadow(), shop.experiments()),
            shop.versions(),
            operators,
            live,
            hosts=["127.0.0.1"],
        )
    )
    stops = [live.follow(0.2), trial.follow(0.2)]
    with serving(app) as address:
        yield Running(address, shop, chat, trial)
    for stop in stops:
        stop()
    shop.engine.dispose()


@pytest.fixture
def desk(chromium: BrowserContext, running: Running) -> Iterator[Page]:
    chromium.clear_cookies()
    page = chromium.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    yield page
    page.close()


def test_a_trial_is_dropped_with_a_reason_and_its_figures_stay_to_be_read(desk: Page, running: Running) -> None:
    held = running.shop.held.id
    versions = Desk(desk, running.address).sign_in("lea", PASSWORD).versions.open().select(held)
    part = versions.trial.compare(7)
    expect(part.changed).to_have_count(3)
    part.start(10)
    expect(part.experiment.locator(".verdict")).to_contain_text("Not enough yet: ")  # to tell it from chance
    assert in_both_looks(desk) == []
    part.drop("")
    expect(part.status).to_contain_text("write down why")
    part.turned("trial-reason")
    part.fill("trial-reason", "too many complaints")
    versions.select(running.shop.live().id)  # which draws the trial anew
    expect(part.reason).to_have_value("too many complaints")
    desk.reload()
    versions.open().select(held)
    expect(part.reason).to_have_value("too many complaints")
    part.press("drop-tried")
    expect(part.status.get_by_text(f"Version {held} is not tried any more.")).to_be_visible()
    expect(part.publish_button).to_be_hidden()
    part.experiment.locator("summary").click()
    expect(part.experiment).to_contain_text("too many complaints")
    part.start(10)
    expect(part.publish_button).to_be_visible()
    expect(part.turned("trial-reason").reason).to_have_value("")  # it was about another trial
    part.drop("once more")
    expect(part.status.get_by_text(f"Version {held} is not tried any more.")).to_be_visible()
    with running.shop.store.unit(read_only=True) as uow:
        assert uow.experiments.running() is None


def test_a_lead_compares_a_held_version_tries_it_on_customers_and_publishes_it(desk: Page, running: Running) -> None:
    shop, held = running.shop, running.shop.held.id
    versions = Desk(desk, running.address).sign_in("lea", PASSWORD).versions.open().select(held)
    part = versions.trial.compare(7)
    expect(part.comparison).to_contain_text("3 of 5 messages of the last 7 days (60.0%) would be answered otherwise")
    said = part.changed.first.locator("td").first
    said.evaluate("(cell) => { cell.textContent += 'x'.repeat(300); }")  # such as an address that a customer pasted
    assert said.evaluate("(cell) => cell.offsetWidth") < 400
    expect(part.changed).to_have_count(3)
    expect(part.changed.last).to_contain_text(f"{NEW} 9001")  # the labelled ones come first
    assert len(part.saved(part.file)) == 4

    part.start(50)
    expect(part.status).to_have_text(f"Version {held} answers 50% of the new conversations from now on.")
    expect(part.experiment).to_contain_text("Running")
    part.wait_until(lambda: any(running.trial.snapshot(f"conversation-{n}") for n in range(50)))
    talks = shop.say(running.chat, *[f"{NEW} 9001"] * 12)
    assert {version for talk in talks for version in shop.answered_by(talk)} == {held, shop.live().id}

    part.publish("")
    expect(part.status).to_contain_text("write down why")
    part.publish("better at parcels")
    expect(part.status).to_have_text(f"Version {held} is live now, for everybody.")
    expect(part.experiment).to_contain_text("published for everybody")
    expect(versions.live).to_have_text(held)
    expect(versions.history.first).to_contain_text("better at parcels")
    health = Health(desk).open().drawn()
    assert "<!-- folder (MB) -->" in health.svg("Memory")
    assert [line.split(",")[0] for line in health.save("Memory")[1:]] == [shop.live().parent, held]
