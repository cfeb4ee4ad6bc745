"""The other tabs of the desk as operators and leads meet them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from assistant.store.proposals import Found
from tests.browser.conftest import Site
from tests.browser.pages import ChatPage, DeskPage
from tests.browser.pages_desk import IntentsTab, choose, open_tab
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser


def test_a_lead_rewords_goes_back_and_retires_an_intent(page: Page, site: Site) -> None:
    DeskPage(page, site.address).sign_in("lea", PASSWORD).wait()
    intents = IntentsTab(page).open().select("Delivery")
    intents.answer.fill("<b>Three</b> days.")
    expect(intents.preview).to_have_text("<b>Three</b> days.")
    page.locator("#save-intent").click()
    expect(intents.status).to_contain_text("was saved")
    intents.unfold("Earlier wordings")
    expect(page.locator("#wordings tbody tr")).to_have_count(2)
    choose(page, "#wording", "The first wording")
    page.locator("#go-back").click()
    expect(intents.status).to_contain_text("earlier wording is back")
    expect(intents.answer).to_have_value("Parcels take two days.")
    intents.select("Delivery").unfold("Retire")
    page.locator("#retire").click()
    expect(intents.facts).to_contain_text("Retired")
    chat = ChatPage(page, site.address).open().say("where is my parcel")
    expect(chat.answers).to_have_count(2)
    expect(chat.answers.last).not_to_have_text("Parcels take two days.")


def test_an_operator_cannot_retire(page: Page, site: Site) -> None:
    DeskPage(page, site.address).sign_in("ann", PASSWORD).wait()
    intents = IntentsTab(page).open().select("Refund").unfold("Retire")
    page.locator("#retire").click()
    expect(intents.status.get_by_role("alert")).to_contain_text("Only a lead may retire intents")
    expect(intents.facts).to_contain_text("In use")


def test_only_a_lead_adds_people(page: Page, site: Site) -> None:
    DeskPage(page, site.address).sign_in("lea", PASSWORD).wait()
    open_tab(page, "People")
    page.get_by_label("Name to sign in with").fill("bob")
    page.locator("#add-person").click()
    expect(page.locator("#people-status")).to_contain_text("bob may sign in with the password")
    expect(page.locator("#people-list")).to_contain_text("bob")


def test_no_tab_is_wider_than_the_window(page: Page, site: Site) -> None:
    site.receive("hm " + "x" * 300)
    DeskPage(page, site.address).sign_in("lea", PASSWORD).wait()
    for name in ("Intents", "Conflicts", "Agreement", "Versions", "Log", "People", "Inbox"):
        open_tab(page, name)
        for width in (360, 800, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)


def test_topics_are_merged_and_dismissed_and_intents_split_and_merged(page: Page, site: Site) -> None:
    site.receive("wrap it please", "can you wrap it", "mend my kettle")
    with site.store.unit() as uow:
        first, second, third = sorted(message.id for message in uow.conversations.queue(10, 0))
        for name, members in (("wrap", (first, second)), ("mend", (third,))):
            uow.proposals.add(Found(name, (name,), None, "encoder-1", b"\0" * 8, members))
    DeskPage(page, site.address).sign_in("lea", PASSWORD).wait()
    open_tab(page, "New topics")
    topics, status = page.locator("#proposals label"), page.locator("#topics-status")
    topics.filter(has_text="wrap").click()
    expect(page.locator("#open-topic")).to_contain_text("wrap")
    choose(page, "#topic-intent", "Delivery")
    page.locator("#topic-merge").click()
    expect(status).to_contain_text("delivery")
    expect(topics).to_have_count(1)
    page.locator("#dismiss").click()
    expect(page.locator("#open-topic")).to_contain_text("No new topic")
    intents = IntentsTab(page).open().select("Delivery").unfold("Split off a new intent")
    page.get_by_role("checkbox", name="wrap it please").check()
    for field, typed in (("title", "Gift"), ("name", "gift"), ("answer", "We wrap it.")):
        page.locator(f"#split-{field}").locator("input, textarea").fill(typed)
    page.locator("#split").click()
    expect(intents.status).to_contain_text("Texts that went to the new intent “gift”: 1")
    intents.select("Gift").unfold("Merge into another intent")
    choose(page, "#merge-into", "Refund")
    page.locator("#merge").click()
    expect(intents.status).to_contain_text("Labels of “gift” that are “refund” now: 1")
    with site.store.unit(read_only=True) as uow:
        given = {example.text: example.intent for example in uow.examples.all()}
        assert given == {"wrap it please": "refund", "can you wrap it": "delivery"}
        assert uow.intents.retired() == {"gift": "refund"}
