"""The desk for people who see little, or work at night."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from assistant.services.conversation.chat import Chat
from assistant.services.desk.labeling import Labeling
from assistant.services.intents.care import IntentCare
from tests.browser.a_month import publish
from tests.browser.axe import in_both_looks
from tests.browser.conftest import Site
from tests.browser.pages.desk import Desk
from tests.browser.pages.tab import open_tab
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser
SHOWN = {
    "Inbox": "hm abc",
    "Conversations": "hm, how is that",
    "New topics": "No new topic",
    "At work now": "hm ab",
    "Intents": "Refund",
    "Conflicts": "Conflict 1 of",
    "Agreement": "Second opinion",
    "Versions": "v3",
    "Health": "Is it getting better?",
    "Log": "correct",
    "People": "lea",
}

# What a computed style says where the system has chosen the colours: of the open tab and card, and of a tick.
DRAWN = """() => {
    const of = (found, part) => getComputedStyle(document.querySelector(found), part);
    return {
        tab: of("[role=tab][aria-selected=true]", "::after").backgroundColor,
        card: of("#all-intents .selected").borderColor,
        others: of("#all-intents label:not(.selected)").borderColor,
        page: of("body").backgroundColor,
        tick: of("#edit-action input:checked").appearance,
    };
}"""


def a_day(site: Site) -> None:
    """Something to see in every tab."""
    publish(site.store, "v1", None, 0.9)
    publish(site.store, "v2", "v1", 0.8)
    chat = Chat(site.store, site.live)
    waiting = chat.start().conversation_id
    chat.reply(waiting, "hm, how is that")
    chat.hand_over(waiting)
    site.receive("hm ab", "hm ba", "hm abc")
    labeling = Labeling(site.store, site.live)
    for text, intent in (("hm ab", "refund"), ("hm ba", "delivery")):
        labeling.correct(next(item.message_id for item in labeling.inbox().items if item.text == text), intent, "ann")


def test_axe_finds_nothing_grave_in_any_tab_light_or_dark(page: Page, site: Site) -> None:
    a_day(site)
    page.goto(site.address + "/desk/")
    found = {"Sign in": in_both_looks(page)}
    Desk(page, site.address).sign_in("lea", PASSWORD)
    tabs = page.get_by_role("tab").all_inner_texts()  # a number in brackets tells how many wait
    for name, (tab, told) in zip(tabs, SHOWN.items(), strict=True):
        assert name.startswith(tab)
        open_tab(page, name)
        expect(page.locator("[role=tabpanel]:visible")).to_contain_text(told)
        folded = page.locator("[role=tabpanel]:visible button.label-wrap:not(.open)")
        while folded.count():
            folded.first.click()
        expect(page.locator("[role=tabpanel]:visible .pending")).to_have_count(0)
        found[name] = in_both_looks(page)
    assert {name: each for name, each in found.items() if each} == {}


def test_what_is_open_and_what_is_ticked_is_told_where_the_system_chooses_the_colours(page: Page, site: Site) -> None:
    page.emulate_media(forced_colors="active")
    Desk(page, site.address).sign_in("lea", PASSWORD).intents.open()
    drawn = page.evaluate(DRAWN)
    assert drawn["tick"] == "auto"  # as the system draws it: a fill of ours would be the page's colour
    assert drawn["others"] == drawn["page"]
    assert drawn["page"] not in (drawn["tab"], drawn["card"])


def test_which_messages_the_choices_are_for_unfolds_says_so_and_has_room_on_a_phone(page: Page, site: Site) -> None:
    IntentCare(site.store).edit("refund", "Refund", "In a week.", "ann", description="Wants money back for a purchase.")
    site.receive("hm")
    Desk(page, site.address).sign_in("lea", PASSWORD)
    page.set_viewport_size({"width": 390, "height": 800})
    part = "Which messages these are for"
    page.get_by_role("button", name=part, exact=True, expanded=False).click()
    expect(page.get_by_role("button", name=part, exact=True, expanded=True)).to_be_visible()
    meaning = page.get_by_role("definition").filter(has_text="Wants money back")
    expect(meaning).to_be_visible()
    assert (meaning.bounding_box() or {"width": 0})["width"] > 200


def test_earlier_wordings_can_be_read_on_a_phone(page: Page, site: Site) -> None:
    said = "We pay back within a week of your return reaching us, the way that you paid. " * 3
    IntentCare(site.store).edit("refund", "Refund", said, "ann", description="Wants money back for a purchase.")
    page.set_viewport_size({"width": 390, "height": 800})
    Desk(page, site.address).sign_in("lea", PASSWORD).intents.open().select("Refund").unfold("Earlier wordings")
    answer = page.locator("#wordings td").filter(has_text="We pay back").first
    expect(answer).to_be_visible()
    assert (answer.bounding_box() or {"height": 999})["height"] < 300
