"""What an intent leads to is chosen at the desk, and the chat follows from the next message on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from assistant.domain import Action
from tests.browser.conftest import Site
from tests.browser.pages.chat import ChatPage
from tests.browser.pages.desk import Desk
from tests.browser.pages.tab import field
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser


def test_customers_of_an_intent_are_passed_on_as_soon_as_that_is_chosen(page: Page, site: Site) -> None:
    intents = Desk(page, site.address).sign_in("ann", PASSWORD).intents.open().select("Delivery")
    intents.lead_to("edit", "Read it and are passed on to a person")
    expect(page.locator("#unsaved")).to_contain_text("Not saved yet")
    page.reload()
    intents.open().select("Delivery").fill("edit-description", "Asks when a parcel comes.").press("save-intent")
    expect(intents.facts).to_contain_text("Customers are passed on to a person")
    with site.store.unit(read_only=True) as uow:
        assert uow.intents.get("delivery").description == "Asks when a parcel comes."
    expect(page.locator("#unsaved")).to_have_text("")
    expect(intents.unfold("Earlier wordings").wordings.first).to_contain_text("then passed on to a person")
    chat = ChatPage(page, site.address).open().say("where is my parcel")
    expect(chat.answers.filter(has_text="Parcels take two days.")).to_have_count(1)
    expect(chat.banner).to_be_visible()


def test_a_new_intent_may_pass_on_and_its_form_outlives_a_reload(page: Page, site: Site) -> None:
    site.receive("I want to complain", "hm")
    inbox = Desk(page, site.address).sign_in("ann", PASSWORD).inbox
    typed = {"title": "Complaint", "name": "complaint", "answer": "We are sorry."}
    inbox.unfold("New intent")
    for part, text in typed.items():
        field(page, f"intent-{part}").press_sequentially(text)
    expect(page.locator("[id$=-drawn]:visible")).to_have_count(0)  # what the page tells itself
    inbox.lead_to("intent", "Read it and are passed on to a person")
    page.reload()
    inbox.unfold("New intent")
    for part, text in typed.items():
        expect(field(page, f"intent-{part}").first).to_have_value(text)
    inbox.press("add-intent")
    expect(inbox.status).to_contain_text("The intent “Complaint” was added")
    expect(field(page, "intent-title").first).to_have_value("")
    with site.store.unit(read_only=True) as uow:
        made = uow.intents.get("complaint")
    assert (made.answer, made.action) == ("We are sorry.", Action.HAND_OVER)
    page.reload()
    inbox.unfold("New intent")
    expect(field(page, "intent-name").first).to_have_value("")
