"""What the chat asks back, and what a choice, in a click or in words, leads to."""

from __future__ import annotations

import pytest

from assistant.dialogue.phrases import en as phrases
from assistant.domain import ConversationState, Decision, Intent, Signal
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.store import Store
from tests.fakes import FakeLive
from tests.unit.conversation.conftest import SURE, last, messages


def test_an_unsure_message_is_answered_with_options(chat: Chat, talk: str) -> None:
    question = last(chat.reply(talk, "hmm"))
    assert [(option.intent, option.label) for option in question.options] == [
        ("refund", "Refund"),
        ("delivery", "Delivery"),
        ("person", "Talk to a person"),
        (None, phrases.NONE_OF_THESE),
    ]
    assert not question.can_rate


def test_a_choice_is_answered_and_ends_the_failures(chat: Chat, talk: str, store: Store) -> None:
    question = last(chat.reply(talk, "hmm"))
    view = chat.choose(talk, question.message_id, "delivery")
    assert (last(view).text, last(view).can_rate) == ("Parcels take two days.", True)
    assert not any(turn.options for turn in view.turns)
    (message,) = messages(store, talk)
    assert (message.decision, message.intent, message.confidence) == (Decision.CHOSEN, "delivery", 0.4)
    assert last(chat.reply(talk, "hmm again")).options  # one failure again, not the second


@pytest.mark.parametrize("second", ["refund", "delivery", "person", None])
def test_a_second_choice_changes_nothing(chat: Chat, talk: str, second: str | None) -> None:
    question = last(chat.reply(talk, "hmm"))
    view = chat.choose(talk, question.message_id, "delivery")
    assert chat.choose(talk, question.message_id, second) == view


def test_none_of_these_asks_for_other_words_and_is_not_a_second_failure(chat: Chat, talk: str) -> None:
    question = last(chat.reply(talk, "hmm"))
    view = chat.choose(talk, question.message_id, None)
    assert (last(view).text, view.state) == (phrases.REPHRASE, ConversationState.BOT)
    assert chat.choose(talk, question.message_id, "refund") == view
    assert last(chat.reply(talk, "still hmm")).text == phrases.HAND_OVER


def test_options_close_when_the_customer_writes_on(chat: Chat, talk: str) -> None:
    question = last(chat.reply(talk, "hmm"))
    view = chat.reply(talk, SURE)
    assert not any(turn.options for turn in view.turns)
    assert chat.choose(talk, question.message_id, "delivery") == view


@pytest.mark.parametrize("text", ["Delivery", "the second one."])
def test_a_choice_in_words_is_a_choice(chat: Chat, talk: str, store: Store, text: str) -> None:
    pressed = chat.reply(talk, "hmm")
    view = chat.reply(talk, text)
    assert [turn.text for turn in view.turns[len(pressed.turns) :]] == [text, "Parcels take two days."]
    assert last(view).can_rate
    asked, said = messages(store, talk)
    assert (asked.decision, asked.intent) == (Decision.CHOSEN, "delivery")
    assert (said.decision, said.intent, said.reply_to) == (Decision.CHOSEN, "delivery", last(pressed).message_id)
    assert (said.embedding, said.attention) == (None, None)  # nothing that a model saw, and nobody has to look at it
    assert last(chat.reply(talk, "hmm again")).options  # one failure again, not the second


def test_a_complaint_about_what_was_chosen_in_words_is_about_the_message_that_was_asked_about(
    chat: Chat, talk: str, store: Store
) -> None:
    chat.reply(talk, "hmm")
    answer = last(chat.reply(talk, "delivery"))
    view = chat.signal(talk, answer.message_id, Signal.NOT_MEANT)
    assert last(view).text == phrases.NOT_HELPFUL
    asked, said = messages(store, talk)
    assert (asked.signals, said.signals) == (frozenset({Signal.NOT_MEANT}), frozenset())


def test_a_yes_to_several_choices_is_asked_back_without_a_failure(chat: Chat, talk: str) -> None:
    question = last(chat.reply(talk, "hmm"))
    again = last(chat.reply(talk, "yes"))
    assert (again.text, again.options) == (phrases.WHICH, question.options)
    view = chat.choose(talk, again.message_id, "refund")
    assert last(view).can_rate


def test_a_no_asks_for_other_words_as_the_button_does(chat: Chat, talk: str, live: FakeLive) -> None:
    chat.reply(talk, "hmm")
    view = chat.reply(talk, "No, none of these")
    assert (last(view).text, view.state) == (phrases.REPHRASE, ConversationState.BOT)
    assert last(chat.reply(talk, "still hmm")).text == phrases.HAND_OVER


def test_a_yes_without_a_question_is_a_message(chat: Chat, talk: str, store: Store) -> None:
    chat.reply(talk, SURE)
    chat.reply(talk, "yes")
    assert [message.embedding is not None for message in messages(store, talk)] == [True, True]


def test_choosing_the_intent_that_hands_over_hands_over(chat: Chat, talk: str) -> None:
    view = chat.choose(talk, last(chat.reply(talk, "hmm")).message_id, "person")
    assert (last(view).text, view.state) == ("A colleague takes over.", ConversationState.WAITING)


def test_an_intent_that_is_retired_while_the_question_is_open_is_no_choice_any_more(
    chat: Chat, talk: str, store: Store
) -> None:
    question = last(chat.reply(talk, "hmm"))
    with store.unit() as uow:
        uow.intents.retire("delivery")
    assert [option.intent for option in last(chat.view(talk)).options] == ["refund", "person", None]
    with pytest.raises(InputError, match="not among the choices"):
        chat.choose(talk, question.message_id, "delivery")


@pytest.mark.parametrize("pressed", ["refund", "invoice"])
def test_an_intent_that_is_merged_while_the_question_is_open_is_answered_by_its_heir(
    chat: Chat, talk: str, store: Store, pressed: str
) -> None:
    """Also on a page that still shows the old choices."""
    question = last(chat.reply(talk, "hmm"))
    with store.unit() as uow:
        uow.intents.add(Intent("invoice", "Invoice", "It is in your account."), "seed")
        uow.intents.retire("refund", into="invoice")
    assert [option.intent for option in last(chat.view(talk)).options] == ["invoice", "delivery", "person", None]
    assert last(chat.choose(talk, question.message_id, pressed)).text == "It is in your account."
    assert messages(store, talk)[-1].intent == "invoice"


def test_intents_that_are_merged_into_one_are_one_choice(chat: Chat, talk: str, store: Store) -> None:
    chat.reply(talk, "hmm")
    with store.unit() as uow:
        uow.intents.retire("delivery", into="refund")
    assert [option.intent for option in last(chat.view(talk)).options] == ["refund", "person", None]


@pytest.mark.parametrize("forged", ["voucher", "", "\ud800", "x" * 10**6])
def test_an_intent_that_was_not_offered_is_refused(chat: Chat, talk: str, forged: str) -> None:
    question = last(chat.reply(talk, "hmm"))
    with pytest.raises(InputError, match="not among the choices"):
        chat.choose(talk, question.message_id, forged)
    assert last(chat.view(talk)).options
