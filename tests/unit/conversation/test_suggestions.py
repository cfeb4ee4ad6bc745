"""Promises of the suggestions: near, answerable, and taken at most once."""

from __future__ import annotations

import pytest

from assistant.domain import Decision, Intent
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.services.views import ChatTurn, ChatView
from assistant.store import Store
from assistant.store.inbox import QUEUE
from tests.fakes import FakeLive

SCORES = (("refund", 0.9), ("person", 0.04), ("delivery", 0.03), ("gone", 0.02), ("gift", 0.01))


@pytest.fixture
def chat(store: Store, live: FakeLive) -> Chat:
    with store.unit() as uow:
        uow.intents.add(Intent("gift", "Gift", "We wrap it."), "seed")
    live.says["money back"] = SCORES
    return Chat(store, live)


@pytest.fixture
def answered(chat: Chat) -> ChatView:
    return chat.reply(chat.start().conversation_id, "money back")


def offered(view: ChatView) -> list[str | None]:
    return [option.intent for option in view.turns[-1].suggestions]


def last(view: ChatView) -> ChatTurn:
    return view.turns[-1]


def test_only_other_intents_that_have_an_answer_are_suggested_nearest_first(answered: ChatView) -> None:
    assert offered(answered) == ["delivery", "gift"]


def test_what_is_retired_meanwhile_is_neither_suggested_nor_answered_any_more(
    chat: Chat, answered: ChatView, store: Store
) -> None:
    with store.unit() as uow:
        uow.intents.retire("delivery")
    assert offered(chat.view(answered.conversation_id)) == ["gift"]
    with pytest.raises(InputError, match="was not suggested"):
        chat.follow(answered.conversation_id, last(answered).message_id, "delivery")


def test_what_is_merged_meanwhile_is_suggested_as_its_heir(chat: Chat, answered: ChatView, store: Store) -> None:
    with store.unit() as uow:
        uow.intents.add(Intent("invoice", "Invoice", "It is in your account."), "seed")
        uow.intents.retire("delivery", into="invoice")
        uow.intents.retire("gift", into="refund")  # which was answered
    assert offered(chat.view(answered.conversation_id)) == ["invoice"]
    after = chat.follow(answered.conversation_id, last(answered).message_id, "delivery")
    assert [turn.text for turn in after.turns[-2:]] == ["Invoice", "It is in your account."]


def test_nothing_is_suggested_but_under_the_latest_answer(chat: Chat, answered: ChatView) -> None:
    assert offered(chat.start()) == []
    view = chat.reply(answered.conversation_id, "hm")
    assert not any(turn.suggestions for turn in view.turns)
    assert offered(chat.hand_over(answered.conversation_id)) == []


def test_a_suggestion_is_answered_and_logged_as_the_customers_choice(
    chat: Chat, answered: ChatView, store: Store
) -> None:
    view = chat.follow(answered.conversation_id, last(answered).message_id, "gift")
    assert (last(view).text, last(view).can_rate, offered(view)) == ("We wrap it.", True, ["delivery"])
    with store.unit(read_only=True) as uow:
        message = uow.conversations.last_user_message(view.conversation_id)
        assert message
        assert (message.text, message.decision, message.intent) == ("Gift", Decision.CHOSEN, "gift")
        assert uow.inbox.count(QUEUE) == 0


def test_a_second_click_changes_nothing(chat: Chat, answered: ChatView) -> None:
    first = chat.follow(answered.conversation_id, last(answered).message_id, "gift")
    assert chat.follow(answered.conversation_id, last(answered).message_id, "delivery") == first


@pytest.mark.parametrize("forged", ["person", "refund", "gone", "none", "", "x" * 10**5])
def test_what_was_not_suggested_is_refused(chat: Chat, answered: ChatView, forged: str) -> None:
    with pytest.raises(InputError, match="not suggested"):
        chat.follow(answered.conversation_id, last(answered).message_id, forged)
    assert chat.view(answered.conversation_id) == answered


def test_suggestions_of_another_conversation_are_refused(chat: Chat, answered: ChatView) -> None:
    with pytest.raises(InputError):
        chat.follow(chat.start().conversation_id, last(answered).message_id, "gift")
