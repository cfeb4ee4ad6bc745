"""The health tab as a lead meets it: on the first day, and after an update."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from tests.browser.a_month import a_month, publish
from tests.browser.conftest import Site
from tests.browser.pages.desk import Desk
from tests.browser.pages.tab import open_tab
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser


# What each plot must say by itself, axes and units, and the heads of the file behind it.
PLOTS = {
    "Accuracy over versions": (("version, oldest first", "accuracy on the holdout (%)"), "version"),
    "Forgetting, night by night": (("retention (%)", "forgetting (points)", "version, oldest first"), "version"),
    "Intent by intent": (("version, oldest first; in the fields: accuracy on the holdout (%)", "Refund"), "intent"),
    "Conversations day by day": (("conversations", "of them (%)", "passed on", "day (UTC)"), "passed on to a person"),
    "Messages day by day": (("entropy (nats)", "messages (%)", "day (UTC)"), "day (UTC)"),
    "Corrected most often": (("first guess", "label that operators gave", "Refund", "Delivery"), "first guess"),
    "Calibration": (("right (%); numbers: messages",), "messages"),
    "Drift of the live version’s messages": (("score", "out of scope"), "monitor"),
}


def test_every_tab_stands_in_the_bar_once_whichever_is_open(page: Page, site: Site) -> None:
    Desk(page, site.address).sign_in("lea", PASSWORD)
    tabs = page.get_by_role("tab")
    before = tabs.all_inner_texts()
    for name in ("Intents", "Health", "People", "Inbox"):
        open_tab(page, name)
        expect(page.get_by_role("tab", name=name, exact=True)).to_have_attribute("aria-selected", "true")
        assert tabs.all_inner_texts() == before


def test_the_health_tab_from_the_first_day_to_an_update(page: Page, site: Site) -> None:
    health = Desk(page, site.address).sign_in("lea", PASSWORD).health.open()
    expect(health.words).to_contain_text("No version yet")
    publish(site.store, "v1", None, 0.9)
    health.reopen()
    expect(health.words).to_contain_text("Nothing could be forgotten yet")
    expect(health.pictures).to_have_count(0)
    publish(site.store, "v2", "v1", 0.8)
    health.reopen()
    expect(health.words).to_contain_text("Clearly below their best: Refund (−10 points)")
    expect(health.pictures).to_have_count(3)
    expect(health.plot("Intent by intent")).to_be_visible()
    assert health.are_loaded()
    assert health.save("Accuracy over versions")[2].startswith("v2,")
    expect(page.locator("#health-plots details[open] tbody tr")).to_have_count(2)
    expect(health.lists).to_contain_text("Intents below their best")
    for width in (1280, 800, 400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


def test_every_plot_can_be_read_and_its_figures_saved(page: Page, site: Site, running: tuple[Site, Engine]) -> None:
    a_month(running[1], site.live)
    health = Desk(page, site.address).sign_in("ann", PASSWORD).health.open().drawn()
    expect(health.words).to_contain_text("Changed, and it lasts: out of scope")
    expect(health.plots).to_have_count(len(PLOTS))
    for title, (says, head) in PLOTS.items():
        expect(health.plot(title).locator("img.plot")).to_have_attribute("alt", re.compile(f"^{title}"))
        drawn = health.svg(title)
        assert [text for text in says if f"<!-- {text} -->" not in drawn] == [], title
        heads, *rows = health.save(title)
        assert head in heads.split(","), heads
        assert rows, title
    assert health.are_loaded()
