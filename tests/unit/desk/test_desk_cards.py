"""A card that has meanwhile left its list is told in the desk's own words, and the list is drawn as it is now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import gradio as gr
import pytest

from assistant.services.accounts.operators import Operators
from assistant.services.conversation.chat import Chat
from assistant.services.desk.desk import DeskServices, desk_services
from assistant.services.versions import Versions
from assistant.store import Store
from assistant.store.proposals import Found
from tests.browser.fakes import FakeVersions
from tests.browser.serving import CHEAP_HASHER, outside_loops
from tests.fakes import FakeLive
from ui.desk.cards import Cards
from ui.desk.intents import open_intents
from ui.desk.page import build_desk
from ui.desk.proposals import open_topics
from ui.desk.queue import open_desk
from ui.desk.versions import open_shelf

LISTS = {"messages", "talks", "proposals", "all-intents", "versions"}


@pytest.fixture
def desk(store: Store, live: FakeLive) -> DeskServices:
    """Two messages wait, and are proposed as two intents."""
    chat = Chat(store, live)
    messages = [chat.reply(chat.start().conversation_id, text).turns[1].message_id for text in ("wrap", "mend")]
    with store.unit() as uow:
        for message in messages:
            uow.proposals.add(Found(f"topic_{message}", (), None, "encoder-1", b"\0" * 8, (message,)))
    return desk_services(store, live)


def test_every_list_of_cards_hands_on_what_is_no_card_any_more(desk: DeskServices, store: Store) -> None:
    versions = cast(Versions, FakeVersions())
    blocks = outside_loops(lambda: build_desk(desk, versions, Operators(store, CHEAP_HASHER)))
    radios = [each for each in blocks.blocks.values() if isinstance(each, gr.Radio)]
    lists = [each for each in radios if not str(each.elem_id).endswith("-action")]  # whose choices stay the same
    assert {each.elem_id for each in lists} == LISTS
    for each in lists:
        assert isinstance(each, Cards)
        assert each.get_block_name() == "radio"
        assert (each.preprocess(7), each.preprocess("gone")) == (7, "gone")
        assert each.preprocess(["gone"]) is None  # made up


OPENS: dict[str, Callable[[DeskServices, Any], Any]] = {
    "message": lambda desk, wanted: open_desk(desk.labeling, wanted),
    "topic": lambda desk, wanted: open_topics(desk.proposals, wanted),
    "intent": open_intents,
    "version": lambda desk, wanted: open_shelf(cast(Versions, FakeVersions()), wanted),
}


@pytest.mark.parametrize("what", OPENS)
def test_a_card_that_is_gone_is_told_and_another_one_open(desk: DeskServices, what: str) -> None:
    wanted = 98765 if what in ("message", "topic") else "gone"
    told = OPENS[what](desk, wanted).status
    assert told.is_problem
    assert told.text.startswith(f"That {what} is not in the list any more")
    assert told.text.endswith("Another one is open instead.")
    assert not OPENS[what](desk, None).status.text


def test_where_none_is_left_none_is_said_to_be_open(desk: DeskServices) -> None:
    for topic in desk.proposals.list():
        desk.proposals.dismiss(topic.id, "bob")
    assert open_topics(desk.proposals, 1).status.text.endswith("may have dealt with it.")
