"""The desk as an operator meets it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from assistant.services.desk.labeling import Labeling
from tests.browser.conftest import Site
from tests.browser.pages.desk import Desk
from tests.browser.pages.tab import field
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser
MARKUP = "<img src=x onerror=\"document.title='hacked'\"> **bold** ${1+1} {{value}}"


@pytest.fixture
def desk(page: Page, site: Site) -> Desk:
    site.receive("hm", MARKUP, "what about gifts")
    return Desk(page, site.address)


def test_a_wrong_password_is_told_and_the_desk_stays_shut(desk: Desk, page: Page) -> None:
    desk.knock("ann", "wrong password")
    expect(page.get_by_role("alert")).to_contain_text("Name or password is wrong")
    expect(page.get_by_label("Name")).to_have_value("ann")


def test_an_operator_works_through_the_queue_and_reads_why_each_message_is_there(desk: Desk) -> None:
    inbox = desk.sign_in("ann", PASSWORD).inbox
    expect(inbox.heading).to_contain_text("3 to review")
    inbox.select("hm")
    expect(inbox.why).to_contain_text("The assistant was 40% sure of its best guess; 95 in 100 right ones reach 70%.")
    expect(inbox.why).to_contain_text("Its two best guesses are close to each other.")
    expect(inbox.suggestions.first).to_contain_text("Refund  40%")
    expect(inbox.neighbours).to_have_count(5)
    inbox.confirm.click()
    expect(inbox.status).to_contain_text("Confirmed")
    inbox.select("what about gifts").correct("Delivery")
    expect(inbox.status).to_contain_text("Corrected")
    expect(inbox.heading).to_contain_text("1 to review")
    inbox.press("skip")
    expect(inbox.message).to_contain_text("All done")
    inbox.press("undo")
    expect(inbox.heading).to_contain_text("1 to review")


def test_a_new_intent_is_made_by_keys_alone_checked_and_can_be_used_at_once(desk: Desk, page: Page, site: Site) -> None:
    inbox = desk.sign_in("ann", PASSWORD).inbox.select("what about gifts").leave_field().key("n")
    page.keyboard.type("Gift wrapping")  # at once: what is typed ahead is no key of the inbox
    expect(field(page, "intent-title")).to_have_value("Gift wrapping")
    inbox.key("Tab")
    page.keyboard.type("refund")  # which is taken
    inbox.key("Tab")
    page.keyboard.type("We wrap it.")
    inbox.key("Tab", "ArrowRight", "Enter", "1", "Tab", "Enter")  # on what it leads to keys label nothing
    expect(inbox.problem).to_contain_text("'refund'")
    expect(field(page, "intent-answer")).to_have_value("We wrap it.")  # nothing is typed twice
    inbox.fill("intent-name", "gift_wrap")
    field(page, "intent-answer").focus()
    inbox.key("Tab", "Tab", "Enter")
    expect(inbox.status).to_contain_text("The intent “Gift wrapping” was added with this message")
    inbox.correct("Gift wrapping")
    expect(inbox.heading).to_contain_text("1 to review")
    with site.store.unit(read_only=True) as uow:
        assert [example.intent for example in uow.examples.pending()] == ["gift_wrap", "gift_wrap"]


def test_what_a_colleague_labelled_meanwhile_is_told_and_stays(desk: Desk, site: Site) -> None:
    inbox = desk.sign_in("ann", PASSWORD).inbox.select("what about gifts")
    labeling = Labeling(site.store, site.live)
    (message,) = (item.message_id for item in labeling.inbox().items if item.text == "what about gifts")
    labeling.correct(message, "delivery", "lea")
    inbox.confirm.click()
    expect(inbox.problem).to_have_text("lea labelled 'what about gifts' “Delivery” meanwhile; nothing was changed")
    expect(inbox.heading).to_contain_text("2 to review")
    assert labeling.item(message).label == "delivery"


def test_what_customers_write_is_shown_as_plain_text(desk: Desk, page: Page) -> None:
    inbox = desk.sign_in("ann", PASSWORD).inbox.select("<img")
    expect(inbox.text).to_have_text(MARKUP)
    expect(page.locator("#queue img")).to_have_count(0)
    assert page.title() == "Support desk"


def test_keys_label_but_not_while_typing(desk: Desk, page: Page) -> None:
    inbox = desk.sign_in("ann", PASSWORD).inbox
    expect(inbox.confirm).to_be_enabled()
    page.get_by_label("Or choose another intent").press("1")
    inbox.message.locator("summary").focus()
    inbox.key("?")
    expect(page.get_by_role("dialog")).to_contain_text("undo my last action")
    inbox.key("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(inbox.heading).to_contain_text("3 to review")
    for key, says in (("Space", "Skipped"), ("o", "Out of scope")):
        inbox.leave_field().key(key)
        expect(inbox.status).to_contain_text(says)
        inbox.key("Control+z")
        expect(inbox.status).to_contain_text("Undone")
        expect(inbox.heading).to_contain_text("3 to review")


def test_no_key_but_its_own_acts_behind_the_list_of_keys(desk: Desk, page: Page, site: Site) -> None:
    inbox = desk.sign_in("ann", PASSWORD).inbox.press("skip")
    expect(inbox.status).to_contain_text("Skipped")
    inbox.leave_field().key("?", "Control+z", "o", "?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.wait_for_timeout(500)
    assert Labeling(site.store, site.live).count() == 2


def test_the_enter_that_ends_a_composition_chooses_nothing(desk: Desk, page: Page) -> None:
    desk.sign_in("ann", PASSWORD)
    box = page.get_by_label("Or choose another intent")
    box.focus()
    keyboard = page.context.new_cdp_session(page)
    composed = {"windowsVirtualKeyCode": 229}
    for text in ("d", "de", "del"):
        keyboard.send("Input.dispatchKeyEvent", composed | {"type": "rawKeyDown", "key": text[-1]})
        keyboard.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})
        keyboard.send("Input.dispatchKeyEvent", composed | {"type": "keyUp", "key": text[-1]})
    expect(page.get_by_role("option")).to_have_count(1)
    keyboard.send("Input.dispatchKeyEvent", composed | {"type": "rawKeyDown", "key": "Enter"})  # as a Mac tells it
    keyboard.send("Input.insertText", {"text": "del"})
    expect(box).to_have_value("del")
    box.press("Enter")
    expect(box).to_have_value("Delivery (delivery)")


def test_a_double_click_presses_once(desk: Desk, page: Page, site: Site) -> None:
    inbox = desk.sign_in("ann", PASSWORD).inbox
    for count in (1, 2):
        page.locator("#skip").hover()
        page.mouse.down(click_count=count)
        page.mouse.up(click_count=count)
        expect(inbox.status).to_contain_text("Skipped")
    page.wait_for_timeout(1000)
    assert Labeling(site.store, site.live).count() == 2
    inbox.press("skip")
    expect(inbox.heading).to_have_text("1 to review")


def test_a_lead_publishes_and_rolls_back(desk: Desk, page: Page, site: Site) -> None:
    versions = desk.sign_in("lea", PASSWORD).versions.open()
    expect(versions.live).to_have_text("v2")
    versions.select("v4")
    expect(page.locator("#publish")).to_be_disabled()
    versions.select("v3")
    expect(versions.report.locator("table").first).to_contain_text("known intents of v3")
    versions.publish("it knows gifts")
    expect(versions.live).to_have_text("v3")
    versions.roll_back("gifts were wrong")
    expect(versions.live).to_have_text("v2")
    expect(versions.history.first).to_contain_text("gifts were wrong")
    site.versions.publish("v3", "nightly", "all gates passed")
    expect(versions.live).to_have_text("v3")  # without a press


def test_an_operator_is_not_offered_what_only_a_lead_may_do(desk: Desk, page: Page) -> None:
    versions = desk.sign_in("ann", PASSWORD).versions.open().select("v3")
    versions.unfold("Compare with the live version").unfold("Try on customers")
    expect(page.locator("#selected-version")).to_contain_text("Only a lead may publish")
    for name in ("publish", "roll-back", "compare", "start-trial"):
        expect(page.locator(f"#{name}")).to_be_disabled()


def test_signing_out_ends_the_session(desk: Desk, page: Page) -> None:
    desk.sign_in("ann", PASSWORD)
    page.get_by_role("button", name="Sign out").click()
    expect(desk.door).to_be_visible()
    page.goto(desk.address + "/desk/")
    expect(desk.door).to_be_visible()


def test_an_ended_session_leads_back_to_the_login_but_not_over_what_was_typed(desk: Desk, page: Page) -> None:
    desk.sign_in("ann", PASSWORD)
    page.context.clear_cookies()  # the next look of the live count finds the door closed
    expect(desk.door).to_be_visible()
    expect(page).to_have_url(re.compile("/login.ended=1$"))
    intents = desk.sign_in("ann", PASSWORD).intents.open()
    intents.answer.press_sequentially("half an ans")
    page.context.clear_cookies()
    told = page.get_by_role("alert").filter(has_text="session has ended. Half-typed replies, intents and reasons wait")
    expect(told).to_be_visible()
    expect(intents.answer).to_have_value(re.compile("half an ans"))
    told.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/login.ended=1#intents$"))
    intents = desk.sign_in("ann", PASSWORD).intents.open()
    expect(intents.answer).to_have_value(re.compile("half an ans"))


def test_a_tab_has_an_address_that_outlives_a_reload_and_signing_in(desk: Desk, page: Page) -> None:
    page.goto(desk.address + "/desk/#health")
    page.get_by_label("Name").fill("ann")
    page.get_by_label("Password").fill("another one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    shown = page.get_by_role("tab", selected=True)
    expect(shown).to_have_text("Health")
    expect(page.locator(desk.health.READY)).to_be_visible()
    desk.intents.open()
    expect(page).to_have_url(desk.address + "/desk/#intents")
    page.reload()
    expect(page.locator(desk.intents.READY).first).to_be_visible()
    expect(shown).to_have_text("Intents")
    page.go_back()
    expect(shown).to_have_text("Health")
    page.goto(desk.address + "/desk/#nothing")
    page.reload()
    expect(desk.inbox.heading).to_be_visible()
    expect(shown).to_contain_text("Inbox")


def test_after_a_connection_that_broke_once_the_desk_goes_on_but_not_over_what_was_typed(
    desk: Desk, page: Page
) -> None:
    desk.sign_in("ann", PASSWORD)
    page.evaluate("window.wasHere = true")
    page.route(re.compile("queue/join"), lambda route: route.abort("connectionreset"), times=1)  # the next live count
    page.wait_for_function("!window.wasHere")
    intents = desk.intents.open()
    intents.answer.press_sequentially("half an ans")
    page.route(re.compile("queue/join"), lambda route: route.abort("connectionreset"), times=1)
    told = page.get_by_role("alert").filter(has_text="The server is back")
    expect(told).to_be_visible()
    expect(intents.answer).to_have_value(re.compile("half an ans"))
    told.get_by_role("button", name="Load anew").click()
    intents = desk.intents.open()
    expect(intents.answer).to_have_value(re.compile("half an ans"))


def test_a_server_that_was_started_anew_while_nobody_looked_is_noticed_at_the_next_look(desk: Desk, page: Page) -> None:
    page.add_init_script("Object.defineProperty(document, 'visibilityState', { get: () => window.seen ?? 'visible' })")
    look = "(seen) => { window.seen = seen; document.dispatchEvent(new Event('visibilitychange')); }"

    def start_anew(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"run": "another"})

    with page.expect_response("**/healthz"):
        desk.sign_in("ann", PASSWORD)
    page.evaluate(look, "hidden")
    page.evaluate("window.wasHere = true")
    page.route("**/healthz", start_anew)
    page.evaluate(look, "visible")
    page.wait_for_function("!window.wasHere")
    expect(desk.inbox.heading).to_be_visible()


def test_a_server_that_does_not_tell_its_run_is_there_all_the_same(desk: Desk, page: Page) -> None:
    page.route("**/healthz", lambda route: route.fulfill(json={"status": "ok"}))  # the files are of a newer one
    desk.sign_in("ann", PASSWORD)
    with page.expect_response("**/healthz"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(500)
    expect(page.locator("#offline")).to_have_count(0)


def test_no_label_of_a_form_stands_in_the_line_that_says_what_happened(desk: Desk, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 600})
    inbox = desk.sign_in("ann", PASSWORD).inbox.add_intent("b c!", "Gift", "We wrap it.")
    expect(inbox.problem).to_contain_text("intent name 'b c!'")
    above = """(label) => {
        scrollBy(0, label.getBoundingClientRect().top - 20);
        const { left, top } = label.getBoundingClientRect();
        return document.elementFromPoint(left + 5, top + 5).closest("#queue-status") !== null;
    }"""
    assert page.locator("#intent-name [data-testid=block-info]").evaluate(above)


def test_what_is_written_from_the_right_stands_on_the_right(page: Page, site: Site) -> None:
    site.receive("أين طردي؟", "where is it?")
    inbox = Desk(page, site.address).sign_in("ann", PASSWORD).inbox
    room = """(quote) => {
        const range = document.createRange(), box = quote.getBoundingClientRect();
        range.selectNodeContents(quote);
        const text = range.getBoundingClientRect();
        return [text.left - box.left < 2, box.right - text.right < 2];
    }"""
    for text, sides in (("أين", [False, True]), ("where", [True, False])):
        inbox.select(text)
        assert inbox.text.evaluate(room) == sides
