"""The health tab as a lead meets it: on the first day, and after an update."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from assistant.domain import Version
from assistant.store import Store, utc_now
from tests.browser.conftest import Site
from tests.browser.pages import DeskPage
from tests.browser.pages_desk import open_tab
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser


def publish(store: Store, name: str, parent: str | None, accuracy: float) -> None:
    told: dict[str, object] = {
        "title": "Retrain" if parent else "First version", "reason": "all gates passed", "seconds": 6.5,
        "old_accuracy": accuracy, "knowledge_retention": 0.99, "forgetting": 0.01, "negative_flips": 0.0,
        "intents": {"refund": {"before": 0.9, "after": accuracy, "rows": 20}},
    }  # fmt: skip
    with store.unit() as uow:
        made = utc_now() + timedelta(seconds=1 if parent else 0)
        uow.versions.add(Version(name, parent, made, "ready", "encoder-1", "sha", told))
        uow.versions.publish(name, expected_live=parent, learned=(), actor="ann", kind="publish", reason="a test")


def test_every_tab_stands_in_the_bar_once_whichever_is_open(page: Page, site: Site) -> None:
    DeskPage(page, site.address).sign_in("lea", PASSWORD).wait()
    tabs = page.get_by_role("tab")
    before = tabs.all_inner_texts()
    for name in ("Intents", "Health", "People", "Inbox"):
        open_tab(page, name)
        expect(page.get_by_role("tab", name=name, exact=True)).to_have_attribute("aria-selected", "true")
        assert tabs.all_inner_texts() == before


def test_the_health_tab_from_the_first_day_to_an_update(page: Page, site: Site) -> None:
    desk = DeskPage(page, site.address).sign_in("lea", PASSWORD).wait()
    told, plots = page.locator("#health-words"), page.locator("#health-plots img.plot")
    open_tab(page, "Health")
    expect(told).to_contain_text("No version yet")
    publish(site.store, "v1", None, 0.9)
    open_tab(page, "Inbox")
    desk.wait()
    open_tab(page, "Health")
    expect(told).to_contain_text("Nothing could be forgotten yet")
    expect(plots).to_have_count(0)
    publish(site.store, "v2", "v1", 0.8)
    open_tab(page, "Inbox")
    desk.wait()
    open_tab(page, "Health")
    expect(told).to_contain_text("Clearly below their best: refund (−10 points)")
    expect(plots).to_have_count(3)
    expect(page.locator("#health-plots")).to_contain_text("Intent by intent")
    assert page.evaluate("[...document.querySelectorAll('img.plot')].every(i => i.complete && i.naturalWidth > 300)")
    page.locator("#health-plots summary").first.click()
    expect(page.locator("#health-plots details[open] tbody tr")).to_have_count(2)
    with page.expect_download() as saved:
        page.locator("#health-plots details[open] a").click()
    assert saved.value.suggested_filename == "versions.csv"
    assert saved.value.path().read_text().splitlines()[2].startswith("v2,")
    expect(page.locator("#health-lists")).to_contain_text("Intents below their best")
    for width in (1280, 800, 400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
