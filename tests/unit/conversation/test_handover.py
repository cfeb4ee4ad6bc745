"""Promises of the hand-over: who waits is found, one person answers at a time, the assistant is silent till then."""

from __future__ import annotations

from contextlib import AbstractContextManager
from itertools import count

import pytest
from sqlalchemy import Engine, event

from assistant.dialogue.languages import PHRASES
from assistant.dialogue.phrases import en as phrases
from assistant.domain import ConversationState, Language, Signal
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.services.conversation.handover import Handover
from assistant.services.views import ChatView
from assistant.store import AuditEntry, Store, UnitOfWork
from tests.fakes import FakeClock, FakeLive


@pytest.fixture
def chat(store: Store, live: FakeLive) -> Chat:
    live.says["money back"] = (("refund", 0.95), ("delivery", 0.05))
    return Chat(store, live)


@pytest.fixture
def handover(store: Store) -> Handover:
    return Handover(store)


@pytest.fixture
def talk(chat: Chat) -> str:
    """A conversation that waits for a person."""
    view = chat.start()
    chat.hand_over(view.conversation_id)
    return view.conversation_id


def audited(store: Store) -> list[AuditEntry]:
    with store.unit(read_only=True) as uow:
        return uow.audit.matching()


def last(view: ChatView) -> tuple[str, bool]:
    return view.turns[-1].text, view.turns[-1].by_person


def test_only_conversations_that_were_handed_over_wait(chat: Chat, handover: Handover, talk: str) -> None:
    chat.reply(chat.start().conversation_id, "money back")
    assert [each.conversation_id for each in handover.waiting()] == [talk]


def test_however_many_wait_they_are_read_at_once(chat: Chat, handover: Handover, engine: Engine, talk: str) -> None:
    """Every open desk asks every three seconds, and whoever likes to may ask for a person."""
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _, __, statement, *rest: asked.append(statement))
    assert len(handover.waiting()) == 1
    for_one = len(asked)
    for _ in range(5):
        chat.hand_over(chat.start().conversation_id)
    asked.clear()
    assert len(handover.waiting()) == 6
    assert len(asked) == for_one
    assert not any("embedding" in statement for statement in asked)  # each is larger than all else that is read


def test_the_longest_wait_comes_first_and_answered_ones_last(
    chat: Chat, handover: Handover, clock: FakeClock, talk: str
) -> None:
    talks = [talk]
    for minutes in (1, 2):
        clock.forward(minutes=minutes)
        talks.append(chat.start().conversation_id)
        chat.hand_over(talks[-1])
    assert [each.conversation_id for each in handover.waiting()] == talks
    handover.take_over(talks[0], "ann")
    handover.reply(talks[0], "one moment", "ann")
    assert [each.conversation_id for each in handover.waiting()] == [talks[1], talks[2], talks[0]]
    clock.forward(minutes=1)
    chat.reply(talks[0], "still there?")
    found = {each.conversation_id: each for each in handover.waiting()}[talks[0]]
    assert (found.since, found.text, found.is_unanswered, found.operator) == (clock(), "still there?", True, "ann")


def test_the_customer_reads_the_reply_and_the_assistant_stays_silent(
    chat: Chat, handover: Handover, live: FakeLive, talk: str
) -> None:
    handover.take_over(talk, "ann")
    handover.reply(talk, "  I look it up.\x00 ", "ann")
    assert last(chat.view(talk)) == ("I look it up.", True)
    asked = len(live.asked)
    view = chat.reply(talk, "money back")
    assert (view.turns[-1].role, view.state, len(live.asked)) == ("user", ConversationState.WAITING, asked)


def test_the_name_of_the_operator_is_not_for_customers(chat: Chat, handover: Handover, talk: str) -> None:
    handover.take_over(talk, "ann-of-the-desk")
    handover.reply(talk, "hello", "ann-of-the-desk")
    assert "ann-of-the-desk" not in repr(chat.view(talk))
    assert handover.talk(talk).turns[-1].author == "ann-of-the-desk"


def test_after_handing_back_the_assistant_answers_and_says_so(
    chat: Chat, handover: Handover, store: Store, live: FakeLive
) -> None:
    view = chat.start(Language.CHINESE)
    talk = view.conversation_id
    chat.reply(talk, "hm")
    chat.reply(talk, "hm hm")
    handover.take_over(talk, "ann")
    handover.hand_back(talk, "ann")
    assert last(chat.view(talk)) == (PHRASES[Language.CHINESE].HANDED_BACK, False)
    assert handover.waiting() == []
    assert chat.reply(talk, "hm").turns[-1].options  # a first failure again
    assert last(chat.reply(talk, "money back"))[0] == "We refund within five days."


def test_of_two_who_take_over_at_once_one_learns_of_the_other(handover: Handover, talk: str) -> None:
    handover.take_over(talk, "ann")
    with pytest.raises(InputError, match="ann has this conversation"):
        handover.take_over(talk, "bob")
    handover.take_over(talk, "bob", instead_of="ann")
    assert handover.talk(talk).operator == "bob"


@pytest.mark.parametrize("holder", [None, "bob"])
def test_only_who_has_taken_over_replies_and_hands_back(handover: Handover, talk: str, holder: str | None) -> None:
    if holder:
        handover.take_over(talk, holder)
    with pytest.raises(InputError, match="take it over first"):
        handover.reply(talk, "hello", "ann")
    with pytest.raises(InputError, match="take it over first"):
        handover.hand_back(talk, "ann")
    assert len(handover.talk(talk).turns) == 2


def test_nobody_takes_over_from_the_assistant(chat: Chat, handover: Handover) -> None:
    with pytest.raises(InputError, match="the assistant answers there"):
        handover.take_over(chat.start().conversation_id, "ann")
    for made_up in ("none", "", "x" * 100, "' OR 1=1"):
        with pytest.raises(InputError, match="does not exist"):
            handover.take_over(made_up, "ann")


@pytest.mark.parametrize("text", ["", " \n ", "x" * 2001, "\u202e"])
def test_an_unacceptable_reply_is_refused(handover: Handover, talk: str, text: str) -> None:
    handover.take_over(talk, "ann")
    with pytest.raises(InputError):
        handover.reply(talk, text, "ann")
    assert len(handover.talk(talk).turns) == 2


def test_every_action_is_audited_with_who_and_when(
    handover: Handover, store: Store, clock: FakeClock, talk: str
) -> None:
    handover.take_over(talk, "ann")
    handover.take_over(talk, "ann")  # changes nothing, and is not logged
    handover.reply(talk, "hello", "ann")
    handover.hand_back(talk, "ann")
    entries = audited(store)
    assert [(e.actor, e.action, e.subject, e.at) for e in entries] == [
        ("ann", action, f"conversation/{talk}", clock()) for action in ("hand_back", "reply", "take_over")
    ]


def test_the_transcript_shows_what_customers_said_of_an_answer(chat: Chat, handover: Handover) -> None:
    view = chat.reply(chat.start().conversation_id, "money back")
    chat.signal(view.conversation_id, view.turns[-1].message_id, Signal.THUMBS_DOWN, "only the shipping")
    chat.hand_over(view.conversation_id)
    turns = handover.talk(view.conversation_id).turns
    assert [(turn.author, turn.comment) for turn in turns][1] == ("Customer", "only the shipping")
    assert turns[-1].text == phrases.HAND_OVER


def test_a_message_that_comes_while_the_customer_is_handed_back_is_answered(
    chat: Chat, handover: Handover, talk: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    handover.take_over(talk, "ann")
    unit, units = store.unit, count(1)

    def between(**given: bool) -> AbstractContextManager[UnitOfWork]:
        """Hands back when the chat has looked who answers, and has not written yet: writing may take its time."""
        if next(units) == 2:
            handover.hand_back(talk, "ann")
        return unit(**given)

    monkeypatch.setattr(store, "unit", between)
    assert last(chat.reply(talk, "money back"))[0] == "We refund within five days."
