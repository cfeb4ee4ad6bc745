"""What is typed at the desk stays with what it was typed for, also while the server takes its time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

import ui
from assistant.domain import LabelledText
from assistant.services.conversation.handover import Handover
from assistant.services.desk.labeling import Labeling
from assistant.store.inbox import QUEUE
from assistant.store.proposals import Found
from tests.browser.conftest import Site
from tests.browser.pages.conversations import Conversations
from tests.browser.pages.desk import Desk
from tests.browser.pages.tab import field
from tests.browser.serving import PASSWORD
from ui.desk.drafts import turned_to
from ui.desk.handover import open_room, reply
from ui.desk.intents import open_intents

pytestmark = pytest.mark.browser
SCRIPT = Path(ui.__file__).parent / "static" / "desk-drafts.js"


@pytest.fixture
def turn(chromium: BrowserContext, site: Site) -> Iterator[Callable[..., list[str]]]:
    """What stands in the fields after the server has answered, and what they are for."""
    page = chromium.new_page()
    page.goto(f"{site.address}/healthz")  # a page with a storage and nothing else
    page.evaluate(SCRIPT.read_text())

    def act(drawn: dict[str, Any], of: str, *texts: str) -> list[str]:
        now = page.evaluate("(given) => window.deskDrafts.turn('some', [], ...given)", [drawn, of, *texts])
        return [now[0], *(before if after is None else after for after, before in zip(now[1:], texts, strict=True))]

    yield act
    page.close()


def test_each_draft_waits_for_what_it_was_typed_for(turn: Callable[..., list[str]]) -> None:
    refund, delivery = (turned_to("ann", name, [name.title(), "Soon."]) for name in ("refund", "delivery"))
    assert turn(refund, "", "", "") == ["refund", "Refund", "Soon."]
    assert turn(delivery, "refund", "Refund", "Late.") == ["delivery", "Delivery", "Soon."]
    assert turn(refund, "delivery", "Delivery", "Soon.") == ["refund", "Refund", "Late."]
    other = turned_to("ann", "refund", ["Other", "Soon."])
    assert turn(other, "refund", "Refund", "Late.") == ["refund", "Refund", "Late."]
    saved = turned_to("ann", "refund", ["Refund", "Late."], ["Refund", " Late. "])
    assert turn(saved, "refund", "Refund", " Late. ") == ["refund", "Refund", "Late."]
    assert turn(delivery, "refund", "Refund", "Late.") == ["delivery", "Delivery", "Soon."]
    assert turn(turned_to("ann", "refund", ["Refund", "By a colleague."]), "delivery", "Delivery", "Soon.")[2] == (
        "By a colleague."
    )


def test_what_is_typed_behind_what_was_taken_stays(turn: Callable[..., list[str]]) -> None:
    sent = turned_to("ann", "alpha", [""], ["Hello."])
    assert turn(turned_to("ann", "alpha", [""]), "", "") == ["alpha", ""]
    assert turn(sent, "alpha", "Hello. One more thing") == ["alpha", " One more thing"]
    assert turn(sent, "alpha", "Something else") == ["alpha", "Something else"]
    assert turn(sent, "alpha", "Hello.") == ["alpha", ""]


@pytest.mark.parametrize(("typed", "stays"), [("", ""), ("Gift", "Gift")])
def test_what_is_typed_before_the_server_says_anything_stays(
    turn: Callable[..., list[str]], typed: str, stays: str
) -> None:
    assert turn(turned_to("ann", "any", ["", "fixed"]), "any", typed, "fixed") == ["any", stays, "fixed"]


def test_a_form_that_is_used_before_the_server_says_anything_is_emptied(turn: Callable[..., list[str]]) -> None:
    assert turn(turned_to("ann", "any", [""], ["Gift"]), "any", "Gift") == ["any", ""]
    assert turn(turned_to("ann", "any", [""]), "any", "") == ["any", ""]


def test_whoever_types_while_the_page_is_loaded_goes_on(
    page: Page, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.receive("what about gifts")
    inbox, title = Desk(page, site.address).sign_in("ann", PASSWORD).inbox, field(page, "intent-title")
    typed, told = Event(), Event()

    def turned_late(*given: Any) -> Any:
        typed.wait(10)
        told.set()
        return turned_to(*given)

    monkeypatch.setattr("ui.desk.queue_tab.turned_to", turned_late)
    page.reload()
    inbox.unfold("New intent")
    title.press_sequentially("Gift")
    typed.set()
    assert told.wait(10)
    page.wait_for_timeout(500)
    title.press_sequentially(" wrap")
    expect(title).to_have_value("Gift wrap")
    assert "null" not in page.evaluate("() => sessionStorage.getItem('desk-drafts')")  # no field was left out
    page.reload()
    inbox.unfold("New intent")
    expect(title).to_have_value("Gift wrap")


def test_an_unsaved_wording_stays_with_its_intent(page: Page, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    intents = Desk(page, site.address).sign_in("ann", PASSWORD).intents.open().select("Refund")
    answers, unsaved = Event(), page.locator("#unsaved")
    answers.set()

    def open_slowly(*given: Any) -> Any:
        answers.wait(10)
        return open_intents(*given)

    monkeypatch.setattr("ui.desk.intents_tab.open_intents", open_slowly)
    expect(unsaved).to_have_text("")
    intents.answer.fill("Within a week.")
    expect(unsaved).to_contain_text("Not saved yet")
    answers.clear()
    intents.listed.filter(has_text="Delivery").click()
    intents.answer.press_sequentially(" Or two.")
    answers.set()
    expect(intents.answer).to_have_value("Parcels take two days.")
    expect(unsaved).to_have_text("")
    intents.press("save-intent")
    expect(intents.status).to_have_text("Nothing was changed.")
    intents.select("Refund")
    expect(intents.answer).to_have_value("Within a week. Or two.")
    expect(unsaved).to_contain_text("Not saved yet")
    intents.press("save-intent")
    expect(intents.status).to_contain_text("“Refund” was saved")
    expect(unsaved).to_have_text("")
    intents.answer.fill("Never.")
    intents.press("discard-changes")
    expect(intents.answer).to_have_value("Within a week. Or two.")
    expect(unsaved).to_have_text("")
    with site.store.unit(read_only=True) as uow:
        told = {intent.name: intent.answer for intent in uow.intents.all()}
    assert (told["refund"], told["delivery"]) == ("Within a week. Or two.", "Parcels take two days.")


def test_a_reply_that_is_typed_while_the_server_answers_is_kept(
    page: Page, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, beta = site.taken("alpha", "beta")
    answers = Event()
    answers.set()

    def slow(act: Callable[..., Any], when: Callable[..., bool]) -> Callable[..., Any]:
        def slowly(*given: Any) -> Any:
            if when(*given):
                answers.wait(10)
            return act(*given)

        return slowly

    monkeypatch.setattr("ui.desk.handover_tab.open_room", slow(open_room, lambda handover, who, of: of == beta))
    monkeypatch.setattr("ui.desk.handover_tab.reply", slow(reply, lambda *_: True))
    talks: Conversations = Desk(page, site.address).sign_in("ann", PASSWORD).conversations.open().select("alpha")
    expect(talks.turns.last).to_have_text("Customeralpha")
    talks.write("for alpha")
    answers.clear()
    talks.select("beta")
    talks.box.press_sequentially(" alone")
    answers.set()
    expect(talks.turns.last).to_have_text("Customerbeta")
    expect(talks.box).to_have_value("")
    talks.select("alpha")
    expect(talks.box).to_have_value("for alpha alone")
    answers.clear()
    talks.press("send-reply")
    talks.box.press_sequentially(" And more.")
    answers.set()
    expect(talks.turns.last).to_contain_text("for alpha alone")
    expect(talks.box).to_have_value(" And more.")


def test_what_is_meant_for_one_intent_does_not_stand_under_another(page: Page, site: Site) -> None:
    Labeling(site.store, site.live).import_rows([LabelledText("wrap it", "delivery")], "lea")
    intents = Desk(page, site.address).sign_in("lea", PASSWORD).intents.open().select("Delivery")
    parts = [field(page, f"split-{part}") for part in ("title", "name", "answer")]
    erase = intents.unfold("Retire").page.locator("#erase input")
    erase.check()
    intents.unfold("Split off a new intent")
    for part, text in zip(parts, ("Gift", "gift", "We wrap it."), strict=True):
        part.fill(text)
    intents.select("Refund")
    for part in parts:
        expect(part).to_have_value("")
    expect(erase).not_to_be_checked()
    intents.select("Delivery")
    expect(parts[1]).to_have_value("gift")
    page.get_by_role("checkbox", name="wrap it").check()
    intents.press("split")
    expect(intents.status).to_contain_text("Texts that went to the new intent “Gift”: 1")
    for part in parts:
        expect(part).to_have_value("")


def test_drafts_outlive_a_reload_and_are_gone_once_they_are_done_with(page: Page, site: Site) -> None:
    site.taken("alpha", "beta")
    desk = Desk(page, site.address).sign_in("ann", PASSWORD)
    expect(desk.conversations.open().turns.last).to_have_text("Customeralpha")
    talks = desk.conversations.select("beta")
    expect(talks.turns.last).to_have_text("Customerbeta")
    talks.write("for beta 👍 alone")
    intents = desk.intents.open().select("Refund")
    intents.answer.fill("Within a week.")
    page.reload()
    expect(desk.conversations.open().turns.last).to_have_text("Customeralpha")
    expect(talks.box).to_have_value("")
    talks.select("beta")
    expect(talks.box).to_have_value("for beta 👍 alone")
    talks.press("send-reply")
    expect(talks.turns.last).to_contain_text("for beta 👍 alone")
    intents.open().select("Refund")
    expect(intents.answer).to_have_value("Within a week.")
    expect(intents.preview).to_have_text("Within a week.")
    intents.press("discard-changes")
    expect(intents.answer).to_have_value("We refund within five days.")
    page.reload()
    expect(talks.open().turns.last).to_have_text("Customeralpha")  # who has waited longest without an answer
    talks.select("beta")
    expect(talks.turns.last).to_contain_text("for beta 👍 alone")
    expect(talks.box).to_have_value("")
    intents.open().select("Refund")
    expect(intents.answer).to_have_value("We refund within five days.")
    expect(page.locator("#unsaved")).to_have_text("")


def test_a_topic_is_named_for_itself_alone_over_a_reload_too(page: Page, site: Site) -> None:
    site.receive("wrap it", "mend it")
    with site.store.unit() as uow:
        for message in uow.inbox.page(QUEUE, "need", 10, 0):
            name = message.text.split()[0]
            uow.proposals.add(Found(name, (name,), None, "encoder-1", b"\0" * 8, (message.id,)))
    topics = Desk(page, site.address).sign_in("ann", PASSWORD).topics.open()
    title, answer = (field(page, f"topic-{part}") for part in ("title", "answer"))

    def open_card(name: str) -> None:
        topics.listed.filter(has_text=name).click()
        expect(topics.shown).to_contain_text(name.capitalize())
        topics.turned("topic")

    open_card("wrap")
    answer.press_sequentially("We wrap it.")
    open_card("mend")
    expect(title).to_have_value("Mend")
    expect(answer).to_have_value("")
    page.reload()
    topics.open()
    open_card("wrap")
    expect(answer).to_have_value("We wrap it.")
    topics.press("approve")
    expect(topics.status).to_contain_text("The intent “Wrap” was added")
    expect(answer).to_have_value("")


def test_a_reply_whose_customer_has_left_is_found_again(page: Page, site: Site) -> None:
    alpha, _ = site.taken("alpha", "beta")
    talks = Desk(page, site.address).sign_in("ann", PASSWORD).conversations.open().select("alpha")
    expect(talks.turns.last).to_have_text("Customeralpha")
    talks.write("for alpha")
    Handover(site.store).hand_back(alpha, "ann")
    page.reload()
    talks.open()
    left = talks.talks.filter(has_text="Over · not sent")
    expect(left).to_contain_text("alpha")
    left.click()
    expect(talks.box).to_have_value("for alpha")
    expect(page.locator("#send-reply")).to_be_disabled()
    talks.box.fill("")
    talks.select("beta")
    expect(talks.talks.filter(has_text="alpha")).to_have_count(0)


def test_a_reason_outlives_a_reload_until_it_has_been_used(page: Page, site: Site) -> None:
    versions = Desk(page, site.address).sign_in("lea", PASSWORD).versions.open().select("v3")
    reason = field(page, "reason")
    versions.turned("reason")
    reason.press_sequentially("A better one")
    page.reload()
    versions.open().select("v3")
    expect(reason).to_have_value("A better one")
    versions.press("publish")
    expect(versions.status).to_contain_text("is live now")
    expect(reason).to_have_value("")
    page.reload()
    versions.open()
    expect(reason).to_have_value("")
    assert site.versions.history()[0].reason == "A better one"


def test_a_reply_that_arrived_while_the_page_was_loaded_anew_is_no_draft(page: Page, site: Site) -> None:
    (alpha,) = site.taken("alpha")
    talks = Desk(page, site.address).sign_in("ann", PASSWORD).conversations.open()
    talks.write("It left today.")
    Handover(site.store).reply(alpha, "It left today.", "ann")  # as when the page goes before it has the answer
    page.reload()
    expect(talks.open().turns.last).to_have_text("annIt left today.")
    expect(talks.box).to_have_value("")


def test_drafts_are_never_those_of_another_operator(page: Page, site: Site) -> None:
    desk, kept = Desk(page, site.address).sign_in("ann", PASSWORD), "() => sessionStorage.getItem('desk-drafts')"
    is_kept = f"({kept})()?.includes('Within a week.')"
    desk.intents.open().select("Refund").answer.fill("Within a week.")
    assert page.evaluate(is_kept)
    page.get_by_role("button", name="Sign out").click()
    expect(desk.door).to_be_visible()
    assert page.evaluate(kept) is None
    desk.sign_in("ann", PASSWORD).intents.open().select("Refund").answer.fill("Within a week.")
    assert page.evaluate(is_kept)
    page.context.clear_cookies()  # as when the session has ended
    intents = desk.sign_in("lea", PASSWORD).intents.open().select("Refund")
    expect(intents.answer).to_have_value("We refund within five days.")
    assert not page.evaluate(is_kept)
