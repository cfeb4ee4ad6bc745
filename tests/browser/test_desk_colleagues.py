"""Two operators at once: what one has dealt with is told to the other, whose lists are drawn as they are now."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from assistant.domain import Intent
from assistant.services.conversation.handover import Handover
from assistant.services.desk.labeling import Labeling
from assistant.services.desk.proposals import Proposals
from assistant.services.intents.care import IntentCare
from assistant.store.inbox import QUEUE
from assistant.store.proposals import Found
from tests.browser.conftest import Site
from tests.browser.pages.desk import Desk
from tests.browser.serving import PASSWORD

pytestmark = pytest.mark.browser


def test_a_message_that_a_colleague_has_labelled_is_told_to_whoever_opens_it(page: Page, site: Site) -> None:
    site.receive("one", "two", "three")
    inbox = Desk(page, site.address).sign_in("ann", PASSWORD).inbox.select("one")
    labeling = Labeling(site.store, site.live)
    two = next(item.message_id for item in labeling.inbox().items if item.text == "two")
    labeling.correct(two, "delivery", "lea")
    inbox.listed.filter(has_text="two").click()
    expect(inbox.problem).to_contain_text(
        "That message is not in the list any more; a colleague may have dealt with it."
    )
    expect(inbox.listed).to_have_count(2)
    expect(inbox.listed.filter(has_text="two")).to_have_count(0)
    inbox.select("one")
    expect(inbox.problem).to_have_count(0)


def test_a_topic_that_a_colleague_has_decided_is_gone_whatever_is_done_to_it(page: Page, site: Site) -> None:
    site.receive("wrap it", "mend it", "send it")
    with site.store.unit() as uow:
        for message in uow.inbox.page(QUEUE, "need", 10, 0):
            name = message.text.split()[0]
            uow.proposals.add(Found(name, (name,), None, "encoder-1", b"\0" * 8, (message.id,)))
    topics = Desk(page, site.address).sign_in("ann", PASSWORD).topics.open()
    topics.listed.filter(has_text="mend").click()
    expect(topics.shown).to_contain_text("Mend")
    proposals = Proposals(site.store)
    ids = {view.name: view.id for view in proposals.list()}
    proposals.dismiss(ids["mend"], "lea")
    topics.press("dismiss")
    expect(topics.problem).to_contain_text("dismissed")
    expect(topics.listed.filter(has_text="mend")).to_have_count(0)
    expect(topics.shown).not_to_contain_text("Mend")
    other = page.locator("#proposals label:not(.selected)")
    proposals.dismiss(ids[other.inner_text().split("\n")[0]], "lea")
    other.click()
    expect(topics.problem).to_contain_text("That topic is not in the list any more")
    expect(topics.listed).to_have_count(1)


def test_the_wording_of_a_colleague_is_told_before_it_is_replaced(page: Page, site: Site) -> None:
    intents = Desk(page, site.address).sign_in("ann", PASSWORD).intents.open().select("Refund")
    IntentCare(site.store).edit("refund", "Refund", "Within a week.", "lea")
    intents.answer.fill("Within a month.")
    intents.press("save-intent")
    expect(intents.problem).to_contain_text("lea changed this intent meanwhile; nothing was saved")
    expect(intents.problem).to_contain_text("Within a week.")
    expect(intents.answer).to_have_value("Within a month.")
    intents.press("save-intent")
    expect(intents.status).to_contain_text("“Refund” was saved")
    with site.store.unit(read_only=True) as uow:
        assert uow.intents.get("refund").answer == "Within a month."


def test_the_wording_of_a_colleague_is_told_before_an_earlier_one_takes_its_place(page: Page, site: Site) -> None:
    care = IntentCare(site.store)
    care.edit("refund", "Refund", "Within a week.", "ann")
    intents = Desk(page, site.address).sign_in("ann", PASSWORD).intents.open().select("Refund")
    intents.unfold("Earlier wordings")
    care.edit("refund", "Refund", "Never again.", "lea")
    intents.go_back("The first wording")
    expect(intents.problem).to_contain_text("lea changed this intent meanwhile; nothing was saved")
    expect(intents.answer).to_have_value("Never again.")
    intents.press("go-back")
    expect(intents.status).to_contain_text("The earlier wording is back")
    expect(intents.answer).to_have_value("We refund within five days.")


def test_texts_that_a_colleague_has_split_off_are_told_by_what_they_say_and_are_no_choice_any_more(
    page: Page, site: Site
) -> None:
    site.receive("one", "two")
    labeling, care = Labeling(site.store, site.live), IntentCare(site.store)
    for item in labeling.inbox().items:
        labeling.correct(item.message_id, "refund", "ann")
    intents = Desk(page, site.address).sign_in("ann", PASSWORD).intents.open().select("Refund")
    (one,) = (example.id for example in care.examples("refund") if example.text == "one")
    care.split("refund", [one], Intent("gift", "Gift", "We wrap it."), "lea")
    intents.split("one", "", "Present", "With a bow.")
    expect(intents.problem).to_contain_text("“one” is not labelled “Refund” (any more); choose again")
    expect(page.get_by_role("checkbox", name="one")).to_have_count(0)
    page.get_by_role("checkbox", name="two").check()
    intents.press("split")
    expect(intents.status).to_contain_text("Texts that went to the new intent “Present”: 1.")


def test_a_half_typed_reply_is_not_hidden_when_a_colleague_takes_the_conversation(page: Page, site: Site) -> None:
    (alpha,) = site.taken("alpha")
    talks = Desk(page, site.address).sign_in("ann", PASSWORD).conversations.open()
    talks.write("I am looking into")
    Handover(site.store).take_over(alpha, "lea", instead_of="ann")
    expect(talks.facts).to_contain_text("lea has this conversation now. What you typed was not sent.")
    expect(talks.box).to_have_value("I am looking into")
    expect(page.locator("#send-reply")).to_be_disabled()
    page.reload()
    talks.open()
    expect(talks.facts).to_contain_text("What you typed was not sent.")
    expect(talks.box).to_have_value("I am looking into")


def test_a_reply_or_an_answer_that_is_too_long_is_refused_whole(page: Page, site: Site) -> None:
    (alpha,) = site.taken("alpha")
    desk = Desk(page, site.address).sign_in("ann", PASSWORD)
    talks, long = desk.conversations.open(), "step " * 500
    talks.box.focus()
    page.keyboard.insert_text(long)  # as a paste does, and unlike a script, which no limit of a field holds back
    talks.press("send-reply")
    expect(talks.status).to_contain_text("This text is 2,500 characters long. Please keep it to 2,000.")
    expect(talks.box).to_have_value(long)
    assert Handover(site.store).talk(alpha).turns[-1].author == "Customer"
    intents = desk.intents.open().select("Refund")
    intents.answer.fill("")
    page.keyboard.insert_text(long)
    intents.press("save-intent")
    expect(intents.problem).to_contain_text("Please keep it to 2,000")
