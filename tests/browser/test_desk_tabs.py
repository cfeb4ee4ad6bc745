"""Intents and proposals as operators and leads meet them, and that no tab is too wide."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from assistant.domain import Intent, LabelledText, Split
from assistant.services.desk.labeling import Labeling
from assistant.store.inbox import QUEUE
from assistant.store.proposals import Found
from tests.browser.a_month import publish
from tests.browser.conftest import Site
from tests.browser.pages.chat import ChatPage
from tests.browser.pages.desk import Desk
from tests.browser.pages.tab import open_tab
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser


def test_a_lead_rewords_goes_back_and_retires_an_intent(page: Page, site: Site) -> None:
    intents = Desk(page, site.address).sign_in("lea", PASSWORD).intents.open().select("Delivery")
    for answer in ("<b>Three</b> days.", "Four days."):
        intents.answer.fill(answer)
        expect(intents.preview).to_have_text(answer)
        intents.press("save-intent")
        expect(intents.preview).to_have_text(answer)
        expect(intents.status).to_contain_text("was saved")
    intents.unfold("Earlier wordings")
    expect(intents.wordings).to_have_count(3)
    for wording in ("<b>Three</b> days.", "Parcels take two days."):
        intents.go_back(wording)
        expect(intents.answer).to_have_value(wording)
        expect(intents.status).to_contain_text("earlier wording is back")
    intents.retire(erase=True)
    expect(intents.status).to_contain_text("The next update forgets its rows")
    expect(intents.facts).to_contain_text("Retired")
    with site.store.unit(read_only=True) as uow:
        assert uow.intents.to_erase() == ["delivery"]
    chat = ChatPage(page, site.address).open().say("where is my parcel")
    expect(chat.answers).to_have_count(2)
    expect(chat.answers.last).not_to_have_text("Parcels take two days.")


def test_an_intent_is_found_by_words_and_tells_how_it_stands(page: Page, site: Site) -> None:
    labeling = Labeling(site.store, site.live)
    for split, texts in ((Split.TRAIN, ("money back", "pay me back")), (Split.HOLDOUT, ("I want my money",))):
        labeling.import_rows([LabelledText(text, "refund") for text in texts], "lea", split=split)
    site.receive("hm")  # taken for a refund
    labeling.correct(labeling.inbox().items[0].message_id, "delivery", "lea")
    publish(site.store, "v1", None, 0.9)
    publish(site.store, "v2", "v1", 0.8)
    intents = Desk(page, site.address).sign_in("ann", PASSWORD).intents.open()
    expect(intents.listed).to_have_count(3)
    page.keyboard.press("/")
    expect(intents.search).to_be_focused()
    page.keyboard.type("REF")
    shown = intents.listed.locator("visible=true")
    expect(shown).to_have_count(2)  # with the open one, Delivery
    intents.select("Refund")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("needs 9 more to be proven")
    told = {
        "To learn from": "2 examples",
        "Held out to judge": "1 example. Needs 9 more examples held out to be judged by itself.",
        "Accuracy in the last versions, newest first": "80%, 90%",
        "Operators corrected it to": "Delivery (1×)",
    }
    expect(intents.facts.locator("dt")).to_have_text(list(told))
    expect(intents.facts.locator("dd")).to_have_text(list(told.values()))
    intents.search.fill("nothing like it")
    expect(page.get_by_text("No intent has these words")).to_be_visible()
    intents.search.fill("")
    expect(shown).to_have_count(3)


def test_an_operator_is_not_offered_to_merge_and_retire(page: Page, site: Site) -> None:
    intents = Desk(page, site.address).sign_in("ann", PASSWORD).intents.open().select("Refund")
    expect(intents.facts).to_contain_text("Only a lead may merge intents, retire them")
    expect(page.get_by_role("button", name="Split off a new intent")).to_be_visible()
    for name in ("Merge into another intent", "Retire"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)


def test_no_tab_is_wider_than_the_window(page: Page, site: Site) -> None:
    site.receive("hm " + "x" * 300)
    Desk(page, site.address).sign_in("lea", PASSWORD)
    for name in ("Intents", "Conflicts", "Agreement", "Versions", "Log", "People", "Inbox"):
        open_tab(page, name)
        for width in (360, 800, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            # A table that is cut off can be moved sideways.
            reach = "(all) => all.every((each) => each.getBoundingClientRect().right <= innerWidth - 16)"
            assert page.locator("#report table:visible").evaluate_all(reach), (name, width)


# Of all texts those that stick out of the sheet that they stand in, but for tables, which can be moved sideways.
STICKING_OUT = """() => [...document.querySelectorAll('.sheet :is(p, span, h2, button, blockquote)')].filter((each) => {
  if (!each.checkVisibility() || each.closest('.scroll, table')) return false;
  const range = document.createRange();
  range.selectNodeContents(each);
  return range.getBoundingClientRect().right > each.closest('.sheet').getBoundingClientRect().right;
}).map((each) => each.textContent)"""


@pytest.mark.parametrize("width", [360, 1280])
def test_long_words_stay_within_their_sheet(page: Page, site: Site, width: int) -> None:
    long = "Rechtsschutzversicherungsgesellschaftsangelegenheiten" * 3
    with site.store.unit() as uow:
        uow.intents.update("refund", title=long[:80])
        uow.intents.add(Intent("w" * 40, "W" * 80, "One answer."), "seed")
    labeling = Labeling(site.store, site.live)
    labeling.import_rows([LabelledText(f"https://shop.example/{long}", "refund")], "lea")
    labeling.import_rows([LabelledText(f"https://shop.example/{long}!", "w" * 40)], "lea")
    site.receive(long)
    page.set_viewport_size({"width": width, "height": 900})
    desk = Desk(page, site.address).sign_in("lea", PASSWORD)
    page.locator("#pick-1").click()
    expect(page.locator("#queue-status")).to_contain_text("Labelled")
    assert page.evaluate(STICKING_OUT) == []
    open_tab(page, "Conflicts")
    expect(page.locator("#keep-first")).to_contain_text("Keep A:")
    assert page.evaluate(STICKING_OUT) == []
    desk.intents.open().select("W" * 80)
    expect(desk.intents.facts).to_contain_text("w" * 40)
    assert page.evaluate(STICKING_OUT) == []


def test_topics_are_merged_and_dismissed_and_intents_split_and_merged(page: Page, site: Site) -> None:
    site.receive("wrap it please", "can you wrap it", "mend my kettle")
    with site.store.unit() as uow:
        first, second, third = sorted(message.id for message in uow.inbox.page(QUEUE, "need", 10, 0))
        for name, members in (("wrap", (first, second)), ("mend", (third,))):
            uow.proposals.add(Found(name, (name,), None, "encoder-1", b"\0" * 8, members))
    desk = Desk(page, site.address).sign_in("lea", PASSWORD)
    topics = desk.topics.open()
    topics.listed.filter(has_text="wrap").click()
    expect(topics.shown).to_contain_text("wrap")
    topics.merge("Delivery")
    expect(topics.status).to_contain_text("Delivery")
    expect(topics.listed).to_have_count(1)
    topics.press("dismiss")
    expect(topics.shown).to_contain_text("No new topic")
    intents = desk.intents.open().select("Delivery").split("wrap it please", "gift", "Gift", "We wrap it.")
    expect(intents.status).to_contain_text("Texts that went to the new intent “Gift”: 1")
    intents.select("Gift").merge("Refund")
    expect(intents.status).to_contain_text("Labels of “Gift” that are “Refund” now: 1")
    with site.store.unit(read_only=True) as uow:
        given = {example.text: example.intent for example in uow.examples.all()}
        assert given == {"wrap it please": "refund", "can you wrap it": "delivery"}
        assert uow.intents.retired() == {"gift": "refund"}
