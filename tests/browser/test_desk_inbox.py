"""The inbox as an operator works through it, mostly without a pointer."""

from __future__ import annotations

import re
import sys
import time
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from assistant.domain import Signal
from assistant.services.conversation.chat import Chat
from assistant.services.desk.labeling import Labeling
from assistant.store import utc_now
from assistant.store.inbox import QUEUE, InboxFilter
from tests.browser.conftest import Site
from tests.browser.pages.desk import Desk
from tests.browser.pages.tab import choose, field
from tests.browser.serving import PASSWORD
from ui.desk.queue import open_desk

pytestmark = pytest.mark.browser
WALK = 30


def test_thirty_messages_are_labelled_with_one_key_each(
    page: Page, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [f"message number {number:02}" for number in range(WALK)]
    site.live.says = {
        text: (("refund", 0.3 + place / 100), ("delivery", 0.25), ("person", 0.2)) for place, text in enumerate(texts)
    }
    site.receive(*texts)
    inbox = Desk(page, site.address).sign_in("ann", PASSWORD).inbox
    started = time.perf_counter()
    for number, text in enumerate(texts):
        inbox.label_by_key(("Enter", "2", "3")[number % 3], text)
    seconds = time.perf_counter() - started
    expect(inbox.message).to_contain_text("All done")
    with capsys.disabled():
        sys.stdout.write(f"\n{WALK} messages labelled by keyboard in {seconds:.1f} s, {seconds / WALK:.2f} s each\n")
    with site.store.unit(read_only=True) as uow:
        given = {example.text: example.intent for example in uow.examples.all()}
    assert [given[text] for text in texts] == ["refund", "delivery", "person"] * (WALK // 3)


def test_search_filter_paging_and_bulk_label_work_together(page: Page, site: Site) -> None:
    site.receive(*(f"parcel {number:02}" for number in range(28)), "gift card", "where is my parcel")
    inbox = Desk(page, site.address).sign_in("ann", PASSWORD).inbox
    expect(inbox.heading).to_have_text("29 to review")
    expect(inbox.listed).to_have_count(25)
    inbox.press("following")
    expect(inbox.number).to_have_text("Page 2 of 2")
    expect(inbox.listed).to_have_count(4)
    inbox.show("All messages")
    expect(inbox.heading).to_have_text("30 found")
    inbox.search("PARCEL")
    expect(inbox.heading).to_have_text("29 found")
    inbox.leave_field().label_all("Delivery")
    expect(page.locator("#bulk-shown")).to_contain_text("29 messages would become “Delivery”")
    choose(page, "bulk-intent", "Refund")
    expect(page.locator("#bulk-go")).to_be_disabled()  # what was looked at is no longer what is chosen
    field(page, "bulk-intent").click()
    page.keyboard.type("deliv")  # in the place of what is chosen there
    expect(page.get_by_role("option")).to_have_text([re.compile("Delivery")])
    page.keyboard.press("Enter")
    inbox.press("bulk-preview").press("bulk-go")
    expect(inbox.status).to_contain_text("29 labels changed")
    inbox.leave_field().key("Control+z")
    expect(inbox.status).to_contain_text("label “Delivery” of 29 messages undone")
    with site.store.unit(read_only=True) as uow:
        assert uow.examples.count() == 0
        assert uow.inbox.count(QUEUE) == 29


def test_an_intent_that_a_colleague_retires_is_told_and_no_choice_any_more(page: Page, site: Site) -> None:
    site.receive("one", "two")
    inbox = Desk(page, site.address).sign_in("ann", PASSWORD).inbox.label_all("Refund")
    expect(page.locator("#bulk-shown")).to_contain_text("2 messages would become “Refund”")
    with site.store.unit() as uow:
        uow.intents.retire("refund")
    inbox.press("skip")  # which draws the inbox anew, without Refund
    expect(inbox.heading).to_have_text("1 to review")
    inbox.press("bulk-preview")
    expect(page.locator("#bulk-shown").get_by_role("alert")).to_contain_text("The intent “Refund” is retired")
    expect(field(page, "bulk-intent")).to_have_value("")
    expect(page.get_by_text("not in the list of choices")).to_have_count(0)
    choose(page, "bulk-intent", "Delivery")
    inbox.press("bulk-preview")
    expect(page.locator("#bulk-shown")).to_contain_text("1 message would become “Delivery”")


@pytest.fixture
def varied(site: Site) -> Site:
    """Four messages of four kinds, the surest first."""
    site.live.says = {
        "where is my parcel": (("delivery", 0.95),),
        "money back": (("refund", 0.6), ("delivery", 0.3)),
        "hm": (("delivery", 0.4), ("refund", 0.35)),
        "a person please": (("person", 0.9),),
    }
    site.receive(*site.live.says)
    labeling = Labeling(site.store, site.live)
    numbers = {item.text: item.message_id for item in labeling.inbox(InboxFilter(shown="all")).items}
    labeling.correct(numbers["hm"], "refund", "lea")
    parcel = numbers["where is my parcel"]
    with site.store.unit(read_only=True) as uow:
        talk = uow.conversations.message(parcel).conversation_id
        answer = uow.conversations.messages(talk)[-1].id
    Chat(site.store, site.live).signal(talk, answer, Signal.THUMBS_DOWN)
    with site.store.unit() as uow:
        uow.labels.set_values({numbers["hm"]: 0.2, numbers["money back"]: 0.9})
    return site


def test_each_order_begins_with_what_it_says(page: Page, varied: Site) -> None:
    inbox = Desk(page, varied.address).sign_in("ann", PASSWORD).inbox.show("All messages")
    expect(inbox.heading).to_have_text("4 found")
    for order, first in (
        ("Newest first", "a person please"),
        ("Least sure first", "hm"),
        ("Most worth a label", "money back"),
        ("Most needed first", "where is my parcel"),  # complained about
    ):
        inbox.sort(order)
        expect(inbox.listed.first).to_contain_text(first)
        expect(inbox.text).to_have_text(first)


def test_each_filter_finds_what_it_says(page: Page, varied: Site) -> None:
    inbox, today = Desk(page, varied.address).sign_in("ann", PASSWORD).inbox, f"{utc_now():%Y-%m-%d}"
    inbox.show("All messages")
    for wanted, found in (  # one after the other, each taking back the one before
        ({"predicted": "Delivery"}, ("where is my parcel", "hm")),
        ({"predicted": "Any", "labelled": "Refund"}, ("hm",)),
        ({"labelled": "Any", "least": "50", "most": "70"}, ("money back",)),
        ({"least": "0", "most": "100", "decision": "Handed over"}, ("a person please",)),
        ({"decision": "Any", "signal": "Thumbs down"}, ("where is my parcel",)),
        ({"signal": "Any", "since": today, "decision": "Asked back"}, ("money back", "hm")),
        ({"since": "", "until": "2020-01-31"}, ()),
    ):
        inbox.filter(**wanted).finds(*found)
    expect(inbox.message).to_contain_text("No message fits these filters")
    inbox.press("clear")
    expect(inbox.heading).to_have_text("2 to review")


def test_the_count_follows_what_customers_write_and_the_list_stays(page: Page, site: Site) -> None:
    site.receive("hm")
    inbox = Desk(page, site.address).sign_in("ann", PASSWORD).inbox
    expect(inbox.heading).to_have_text("1 to review")
    site.receive("hm hm", "hm hm hm")
    expect(inbox.heading).to_have_text("3 to review 2 new")
    expect(inbox.listed).to_have_count(1)
    inbox.press("refresh")
    expect(inbox.heading).to_have_text("3 to review")
    expect(inbox.listed).to_have_count(3)


def test_a_value_that_cannot_be_used_is_told(page: Page, site: Site) -> None:
    inbox = Desk(page, site.address).sign_in("ann", PASSWORD).inbox.filter(since="yesterday")
    expect(inbox.problem).to_contain_text("'yesterday' is not a day")
    inbox.filter(since="", least="-5")
    expect(inbox.problem).to_contain_text("“Sure from %” is -5")


def test_a_click_on_a_card_while_another_one_is_being_opened_counts(
    page: Page, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.receive("one", "two", "three")
    inbox = Desk(page, site.address).sign_in("ann", PASSWORD).inbox.select("one")
    asked, answers = Event(), Event()

    def open_slowly(*given: Any, **named: Any) -> Any:
        if not asked.is_set():
            asked.set()
            answers.wait(10)
        return open_desk(*given, **named)

    monkeypatch.setattr("ui.desk.queue_tab.open_desk", open_slowly)
    inbox.listed.filter(has_text="two").click()
    assert asked.wait(10)
    inbox.listed.filter(has_text="three").click()
    page.wait_for_timeout(500)  # long enough for an answer that would come too early
    answers.set()
    expect(inbox.text).to_have_text("three")
    page.wait_for_timeout(500)
    expect(inbox.text).to_have_text("three")
