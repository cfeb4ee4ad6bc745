"""The desk as an operator meets it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Site
from tests.browser.pages import DeskPage
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser
MARKUP = "<img src=x onerror=\"document.title='hacked'\"> **bold** ${1+1} {{value}}"


@pytest.fixture
def desk(page: Page, site: Site) -> DeskPage:
    site.receive("hm", MARKUP, "what about gifts")
    return DeskPage(page, site.address)


def test_a_wrong_password_is_told_and_the_desk_stays_shut(desk: DeskPage, page: Page) -> None:
    desk.sign_in("ann", "wrong password")
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong")
    expect(page.get_by_label("Name")).to_have_value("ann")


def test_an_operator_works_through_the_queue(desk: DeskPage) -> None:
    desk.sign_in("ann", PASSWORD).wait()
    expect(desk.heading).to_contain_text("3 to review")
    desk.select("hm")
    expect(desk.suggestions.first).to_contain_text("Refund")
    expect(desk.neighbours).to_have_count(5)
    desk.confirm.click()
    expect(desk.status).to_contain_text("Confirmed")
    desk.select("what about gifts").correct("Delivery")
    expect(desk.status).to_contain_text("Corrected")
    expect(desk.heading).to_contain_text("1 to review")
    desk.skip.click()
    expect(desk.message).to_contain_text("All done")
    desk.undo.click()
    expect(desk.heading).to_contain_text("1 to review")


def test_a_new_intent_is_checked_and_can_be_used_at_once(desk: DeskPage, site: Site) -> None:
    desk.sign_in("ann", PASSWORD).wait().select("what about gifts")
    desk.add_intent("Gift Wrap", "Gift wrapping", "We wrap it.")
    expect(desk.status.get_by_role("alert")).to_be_visible()
    desk.add_intent("gift_wrap", "Gift wrapping", "We wrap it.")
    expect(desk.status).to_contain_text("was added")
    desk.correct("Gift wrapping")
    expect(desk.heading).to_contain_text("1 to review")
    with site.store.unit(read_only=True) as uow:
        assert [example.intent for example in uow.examples.pending()].count("gift_wrap") == 2


def test_what_customers_write_is_shown_as_plain_text(desk: DeskPage, page: Page) -> None:
    desk.sign_in("ann", PASSWORD).wait().select("<img")
    expect(desk.text).to_have_text(MARKUP)
    expect(page.locator("#queue img")).to_have_count(0)
    assert page.title() == "Support desk"


def test_keys_label_but_not_while_typing(desk: DeskPage, page: Page) -> None:
    desk.sign_in("ann", PASSWORD).wait()
    expect(desk.confirm).to_be_enabled()
    desk.page.get_by_label("Or choose another intent").press("1")
    page.locator("#open-message summary").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("undo my last action")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(desk.heading).to_contain_text("3 to review")
    page.locator("#count").click()
    page.keyboard.press("Space")
    expect(desk.status).to_contain_text("Skipped")
    page.keyboard.press("Control+z")
    expect(desk.heading).to_contain_text("3 to review")
    page.locator("#count").click()
    page.keyboard.press("o")
    expect(desk.status).to_contain_text("Out of scope")
    page.keyboard.press("Control+z")
    expect(desk.status).to_contain_text("Undone")
    expect(desk.heading).to_contain_text("3 to review")


def test_a_lead_publishes_and_rolls_back(desk: DeskPage) -> None:
    desk.sign_in("lea", PASSWORD).wait().open_versions()
    expect(desk.live_version).to_have_text("v2")
    desk.select_version("v4")
    expect(desk.page.locator("#publish")).to_be_disabled()
    desk.select_version("v3")
    expect(desk.report.locator("table")).to_contain_text("known intents of v3")
    desk.publish("it knows gifts")
    expect(desk.live_version).to_have_text("v3")
    desk.roll_back("gifts were wrong")
    expect(desk.live_version).to_have_text("v2")
    expect(desk.history.first).to_contain_text("gifts were wrong")


def test_an_operator_cannot_publish(desk: DeskPage, site: Site) -> None:
    desk.sign_in("ann", PASSWORD).wait().open_versions().select_version("v3").publish("I want it")
    expect(desk.versions_status).to_contain_text("Only a lead")
    assert site.versions.now.id == "v2"


def test_signing_out_ends_the_session(desk: DeskPage, page: Page) -> None:
    desk.sign_in("ann", PASSWORD).wait()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto(desk.address + "/desk/")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_an_ended_session_leads_back_to_the_login(desk: DeskPage, page: Page) -> None:
    desk.sign_in("ann", PASSWORD).wait()
    page.context.clear_cookies()  # the next look of the live count finds the door closed
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
