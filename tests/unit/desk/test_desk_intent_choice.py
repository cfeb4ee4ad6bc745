"""What a colleague retires is told in the desk's own words wherever it had been chosen, and is no choice any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import gradio as gr
import pytest

from assistant.domain import Intent
from assistant.services.accounts.operators import Operators
from assistant.services.conversation.chat import Chat
from assistant.services.desk.agreement import Sample
from assistant.services.desk.desk import DeskServices, desk_services
from assistant.services.versions import Versions
from assistant.store import Store
from assistant.store.inbox import InboxFilter
from assistant.store.proposals import Found
from tests.browser.fakes import FakeVersions
from tests.browser.serving import CHEAP_HASHER, outside_loops
from tests.fakes import FakeLive
from ui.desk.agreement_tab import give
from ui.desk.attempts import attempt
from ui.desk.bulk_part import look_at
from ui.desk.intent_choice import IntentChoice, intent_choices, offer
from ui.desk.page import build_desk
from ui.desk.proposals import merge, open_topics
from ui.desk.queue import View, correct, open_desk

OF_INTENTS = {"intent", "predicted", "labelled", "bulk-intent", "opinion", "topic-intent", "merge-into"}
KNOWN = (Intent("refund", "Refund", "Soon."), Intent("delivery", "Delivery", "Two days."))


@pytest.fixture
def desk(store: Store, live: FakeLive) -> DeskServices:
    """A message waits, and is proposed as an intent; refund, which somebody has chosen, is retired."""
    chat = Chat(store, live)
    message = chat.reply(chat.start().conversation_id, "money back").turns[1].message_id
    with store.unit() as uow:
        uow.intents.add(Intent("invoice", "Invoice", "It is in your account."), "seed")
        uow.proposals.add(Found("money", ("money",), None, "encoder-1", b"\0" * 8, (message,)))
        uow.examples.add("money", "delivery", source="correction", operator="bob")
        uow.intents.retire("refund")
    return desk_services(store, live)


def test_every_list_of_intents_hands_on_what_is_no_choice_any_more(store: Store, live: FakeLive) -> None:
    services, versions = desk_services(store, live), cast(Versions, FakeVersions())
    blocks = outside_loops(lambda: build_desk(services, versions, Operators(store, CHEAP_HASHER)))
    lists = [each for each in blocks.blocks.values() if isinstance(each, gr.Dropdown) and each.elem_id in OF_INTENTS]
    assert {each.elem_id for each in lists} == OF_INTENTS
    for each in lists:
        assert isinstance(each, IntentChoice)
        assert each.get_block_name() == "dropdown"
        assert each.preprocess("refund") == "refund"
        assert each.preprocess(["refund"]) is None  # made up


def corrected(desk: DeskServices) -> str:
    (message,) = desk.labeling.inbox().items
    return correct(desk.labeling, "ann", message.message_id, "refund").status.text


def opinion(desk: DeskServices) -> str:
    sample = desk.agreement.next_for("ann")
    return attempt(lambda: give(desk, "ann", cast(Sample, sample), "refund")).text


USES: dict[str, Callable[[DeskServices], str]] = {
    "correct": corrected,
    "bulk": lambda desk: str(attempt(lambda: look_at(desk.labeling.bulk, View(InboxFilter(shown="all")), "refund"))),
    "opinion": opinion,
    "topic": lambda desk: (
        merge(
            desk.proposals,
            "ann",
            desk.proposals.list()[0].id,
            [m for m, _ in desk.proposals.list()[0].messages],
            "refund",
        ).status.text
    ),
}


@pytest.mark.parametrize("use", USES)
def test_what_was_retired_meanwhile_is_told_by_its_title(desk: DeskServices, use: str) -> None:
    assert "The intent “Refund” is retired; choose another one" in USES[use](desk)


def test_a_topic_is_not_merged_into_what_is_out_of_use(desk: DeskServices) -> None:
    assert [intent.name for intent in open_topics(desk.proposals).intents] == ["delivery", "invoice", "person"]


@pytest.mark.parametrize(("chosen", "left"), [("refund", "refund"), ("retired", None), (None, None)])
def test_after_a_refusal_the_choice_stays_only_if_it_is_one(chosen: str | None, left: str | None) -> None:
    update = offer(KNOWN, chosen)
    assert update["value"] == left
    assert (
        update["choices"]
        == intent_choices(KNOWN)
        == [("Delivery (delivery)", "delivery"), ("Refund (refund)", "refund")]
    )


def test_a_filter_for_what_was_taken_back_says_how_to_go_on(desk: DeskServices) -> None:
    told = attempt(lambda: open_desk(desk.labeling, view=View(InboxFilter(predicted="gift"))))
    assert "unknown intent 'gift': it is not there (any more); clear the filters" in str(told)
