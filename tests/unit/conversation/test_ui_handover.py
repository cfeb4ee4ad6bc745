"""What an operator does with waiting customers, with the real hand-over and without a browser."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.domain import ConversationState, Language
from assistant.services.conversation.chat import Chat
from assistant.services.conversation.handover import Handover
from assistant.store import Store
from tests.fakes import FakeClock, FakeLive
from ui.desk.handover import Room, facts, hand_back, open_room, over_label, reply, take_over
from ui.desk.handover_tab import draw


@pytest.fixture
def handover(store: Store) -> Handover:
    return Handover(store)


@pytest.fixture
def talks(store: Store, live: FakeLive, clock: FakeClock) -> tuple[str, str]:
    """Two customers wait, the first one longer, and ann has taken both over."""
    chat, found = Chat(store, live), []
    for name in ("alpha", "beta"):
        found.append(chat.start().conversation_id)
        chat.hand_over(found[-1])
        chat.reply(found[-1], name)
        Handover(store).take_over(found[-1], "ann")
        clock.forward(minutes=1)
    return found[0], found[1]


def test_the_reply_box_is_turned_only_to_another_conversation_or_after_a_reply(
    handover: Handover, talks: tuple[str, str]
) -> None:
    def turned(room: Room, text: str, of: str) -> Any:
        return next((part for part in draw(room, text, of)[0] if isinstance(part, dict) and "of" in part), None)

    alpha, beta = talks
    opened = open_room(handover, "ann", alpha)
    assert turned(opened, "half a repl", alpha) is None  # whoever types goes on typing
    assert (turned(opened, "", "")["of"], turned(opened, "for beta", beta)["of"]) == (alpha, alpha)
    first, second = (turned(reply(handover, "ann", alpha, "Yes.", alpha), "Yes.", alpha) for _ in range(2))
    assert (first["of"], first["saved"], first["taken"]) == (alpha, [""], ["Yes."])
    assert first != second  # the page empties the box after each of the same replies


def test_a_reply_that_was_typed_for_another_customer_is_not_sent(handover: Handover, talks: tuple[str, str]) -> None:
    alpha, beta = talks
    room = reply(handover, "ann", beta, "for alpha", alpha)
    assert (room.status.is_problem, room.is_sent) == (True, False)
    assert "another customer; nothing was sent" in room.status.text
    assert handover.talk(beta).turns[-1].text == "beta"
    assert reply(handover, "ann", alpha, "for alpha", alpha).is_sent


def test_a_conversation_stays_open_when_its_customer_has_left(
    handover: Handover, store: Store, talks: tuple[str, str]
) -> None:
    alpha, beta = talks
    assert "Nobody waits" not in facts(open_room(handover, "ann", alpha), False)
    with store.unit() as uow:
        uow.conversations.set_state(alpha, ConversationState.BOT)
    room = open_room(handover, "ann", alpha)
    assert room.talk
    assert (room.talk.conversation_id, room.is_over, room.is_mine, room.can_take) == (alpha, True, False, False)
    assert "Nobody waits here any more" in facts(room, False)
    assert over_label(room.talk) == "Over\nalpha"
    refused = reply(handover, "ann", alpha, "hello", alpha)
    assert (refused.status.is_problem, refused.is_sent) == (True, False)
    assert [each.conversation_id for each in room.waiting] == [beta]


def test_a_conversation_can_be_opened_in_whatever_language_it_is(
    handover: Handover, store: Store, live: FakeLive
) -> None:
    chat, told = Chat(store, live), []
    for language in Language:
        talk = chat.start(language).conversation_id
        chat.hand_over(talk)
        told.append(facts(open_room(handover, "ann", talk), False))
    spoken = ("English", "Chinese", "German", "French", "Spanish")
    assert told == [f'<p class="facts">Reads the chat in {name}</p>' for name in spoken]


def test_taking_over_sends_and_empties_nothing(handover: Handover, talks: tuple[str, str]) -> None:
    assert not take_over(handover, "bob", talks[0], "ann").is_sent


def test_after_handing_back_the_longest_wait_is_open(handover: Handover, talks: tuple[str, str]) -> None:
    room = hand_back(handover, "ann", talks[0])
    assert room.talk
    assert room.talk.conversation_id == talks[1]
    assert hand_back(handover, "ann", talks[1]).talk is None
