"""The desk by the keyboard alone: whoever has no pointer gets everywhere, and always knows where they are."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from assistant.services.conversation.chat import Chat
from assistant.services.conversation.handover import Handover
from assistant.store.inbox import QUEUE
from assistant.store.proposals import Found
from tests.browser.conftest import Site
from tests.browser.pages.desk import Desk
from tests.browser.pages.tab import choose, field
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser
TEXTS = ("alpha", "beta", "gamma")


@pytest.fixture
def desk(page: Page, site: Site) -> Desk:
    """The desk of lea, before whom three messages lie; their guess is Refund."""
    site.receive(*TEXTS)
    return Desk(page, site.address).sign_in("lea", PASSWORD)


def card(desk: Desk, text: str) -> Locator:
    return desk.page.locator(".cards label:visible").filter(has_text=text).locator("input")


def test_the_arrows_open_the_cards_of_a_list_which_is_one_stop_of_the_tab_key(desk: Desk) -> None:
    keys = desk.page.keyboard
    expect(desk.inbox.text).to_have_text("alpha")
    card(desk, "alpha").focus()
    keys.press("ArrowDown")
    expect(desk.inbox.text).to_have_text("beta")
    expect(card(desk, "beta")).to_be_focused()
    keys.press("Tab")
    expect(desk.page.locator("#refresh")).to_be_focused()
    keys.press("Shift+Tab")
    expect(card(desk, "beta")).to_be_focused()
    keys.press("Space")  # the card is open already: the key that skips a message is this message's
    expect(desk.inbox.text).to_have_text("gamma")
    expect(desk.page.get_by_role("group", name="Messages by need")).to_be_visible()


# The list lets go of the focus later than the tasks that wait at the key, as in Firefox and Safari.
LATE = "(blur => { HTMLElement.prototype.blur = function () { setTimeout(() => blur.call(this), 50); }; })"


def test_a_choice_from_a_list_leads_to_the_button_that_uses_it(desk: Desk) -> None:
    keys = desk.page.keyboard
    desk.page.evaluate(f"{LATE}(HTMLElement.prototype.blur)")
    field(desk.page, "intent").focus()
    keys.type("Deliv")
    keys.press("Enter")
    expect(desk.page.locator("#correct")).to_be_focused()
    keys.press("Enter")
    expect(desk.inbox.status).to_contain_text("Corrected to “Delivery”")
    choose(desk.page, "intent", "Talk to a person")  # with the pointer, and Enter for what was chosen
    expect(desk.page.locator("#correct")).to_be_focused()
    keys.press("Enter")
    expect(desk.inbox.status).to_contain_text("Corrected to “Talk to a person”")


def test_the_focus_goes_to_the_open_card_when_its_button_is_gone(desk: Desk, site: Site) -> None:
    keys, page = desk.page.keyboard, desk.page
    chat, talks = Chat(site.store, site.live), [Chat(site.store, site.live).start().conversation_id for _ in range(2)]
    for talk, text in zip(talks, ("call me", "help me"), strict=True):
        chat.hand_over(talk)
        chat.reply(talk, text)
    Handover(site.store).take_over(talks[0], "lea")
    desk.conversations.open()
    page.locator("#hand-back").focus()
    keys.press("Enter")
    expect(card(desk, "help me")).to_be_focused()
    desk.intents.open().select("Refund").unfold("Retire")
    page.locator("#retire").focus()
    keys.press("Enter")
    expect(desk.intents.status).to_contain_text("neither answered")
    expect(card(desk, "Refund")).to_be_focused()
    expect(card(desk, "Refund")).to_be_in_viewport()


def test_the_search_over_the_intents_holds_when_the_list_is_drawn_anew(desk: Desk) -> None:
    intents = desk.intents.open().select("Refund")
    intents.search.fill("ref")
    expect(intents.listed.locator("visible=true")).to_have_count(1)
    intents.unfold("Retire")
    intents.press("retire")  # which puts it at the end
    expect(intents.status).to_contain_text("neither answered")
    expect(intents.listed.locator("visible=true")).to_have_count(1)
    expect(intents.listed.locator("visible=true")).to_contain_text("Refund")


def tab_to(wanted: Locator) -> None:
    """Presses Tab until it has the focus, 40 times at most."""
    for _ in range(40):
        if wanted.evaluate("wanted => wanted === document.activeElement"):
            return
        wanted.page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {wanted}")


def test_a_topic_is_chosen_worded_and_approved_without_a_pointer(desk: Desk, site: Site) -> None:
    keys, page = desk.page.keyboard, desk.page
    with site.store.unit() as uow:
        for message in uow.inbox.page(QUEUE, "need", 10, 0):
            uow.proposals.add(Found(message.text, (message.text,), None, "encoder-1", b"\0" * 8, (message.id,)))
    page.get_by_role("tab", name="Inbox").focus()
    tab_to(page.get_by_role("tab", name="New topics"))
    keys.press("Enter")
    expect(page.locator("#open-topic h2")).to_be_visible()
    first = page.locator("#proposals input:checked")
    tab_to(first)
    before = page.locator("#open-topic h2").inner_text()
    keys.press("ArrowDown")
    expect(page.locator("#open-topic h2")).not_to_have_text(before)
    tab_to(field(page, "topic-title"))
    keys.press("Control+a")
    keys.type("Wrap it")
    tab_to(field(page, "topic-answer"))
    keys.type("We wrap it.")
    tab_to(page.locator("#approve"))
    keys.press("Enter")
    expect(desk.topics.status).to_contain_text("The intent “Wrap it” was added")
    expect(page.locator("#proposals input")).to_have_count(2)
    expect(page.locator("#approve")).to_be_focused()  # it is the next topic's now
