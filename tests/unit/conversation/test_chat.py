"""Promises of the chat: every turn is logged, the second failure hands over, ids cannot be borrowed."""

from __future__ import annotations

import pytest

from assistant.dialogue.costs import Costs
from assistant.dialogue.phrases import en as phrases
from assistant.domain import ConversationState, Decision, Signal, Thresholds
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.store import Store
from assistant.store.inbox import QUEUE
from tests.fakes import FakeLive
from tests.unit.conversation.conftest import SURE, XSS, last, messages, texts


def test_a_conversation_starts_with_a_greeting(chat: Chat) -> None:
    view = chat.start()
    assert [(turn.role, turn.text) for turn in view.turns] == [("assistant", phrases.GREETING)]
    assert view.state is ConversationState.BOT
    assert chat.view(view.conversation_id) == view
    assert chat.start().conversation_id != view.conversation_id


def test_a_sure_answer_can_be_rated(chat: Chat, talk: str) -> None:
    view = chat.reply(talk, SURE)
    assert [turn.role for turn in view.turns] == ["assistant", "user", "assistant"]
    assert (last(view).text, last(view).can_rate, last(view).options) == (
        "We refund within five days.",
        True,
        (),
    )


def test_the_log_holds_what_the_model_said_and_what_was_decided(chat: Chat, talk: str, store: Store) -> None:
    chat.reply(talk, SURE)
    (message,) = messages(store, talk)
    assert (message.text, message.decision, message.intent) == (SURE, Decision.ANSWER, "refund")
    assert (message.confidence, message.threshold, message.version) == (0.95, 0.7, "v1")
    assert (message.encoder, message.embedding is not None) == ("encoder-1", True)
    assert [score.intent for score in message.scores] == ["refund", "delivery"]


def test_two_unsure_messages_in_a_row_hand_over(chat: Chat, talk: str) -> None:
    chat.reply(talk, "hmm")
    view = chat.reply(talk, "hmm hmm")
    assert (last(view).text, view.state) == (phrases.HAND_OVER, ConversationState.WAITING)


def test_an_answer_between_ends_the_row(chat: Chat, talk: str) -> None:
    for text in ("hmm", SURE, "hmm hmm"):
        view = chat.reply(talk, text)
    assert last(view).options


@pytest.mark.parametrize("kind", [Signal.THUMBS_DOWN, Signal.NOT_MEANT])
def test_a_complaint_is_a_failure_counted_once(chat: Chat, talk: str, kind: Signal) -> None:
    answer = last(chat.reply(talk, SURE))
    for _ in range(3):
        view = chat.signal(talk, answer.message_id, kind)
    assert (last(view).text, view.state) == (phrases.NOT_HELPFUL, ConversationState.BOT)
    assert not any(turn.can_rate for turn in view.turns)
    assert chat.reply(talk, "hmm").state is ConversationState.WAITING


def test_two_complaints_in_a_row_hand_over(chat: Chat, talk: str) -> None:
    for _ in range(2):
        answer = last(chat.reply(talk, SURE))
        view = chat.signal(talk, answer.message_id, Signal.THUMBS_DOWN)
    assert (last(view).text, view.state) == (phrases.HAND_OVER, ConversationState.WAITING)


def test_a_complaint_about_an_earlier_answer_is_logged_but_no_failure(chat: Chat, talk: str, store: Store) -> None:
    early = last(chat.reply(talk, SURE))
    view = chat.reply(talk, SURE)
    after = chat.signal(talk, early.message_id, Signal.THUMBS_DOWN)
    assert texts(after) == texts(view)
    assert messages(store, talk)[0].signals == {Signal.THUMBS_DOWN}


def test_a_thumb_up_and_a_later_comment_are_kept(chat: Chat, talk: str, store: Store) -> None:
    answer = last(chat.reply(talk, SURE))
    view = chat.signal(talk, answer.message_id, Signal.THUMBS_UP)
    assert (last(view).text, last(view).can_rate) == (answer.text, False)
    chat.signal(talk, answer.message_id, Signal.THUMBS_UP, XSS)
    assert messages(store, talk)[0].signals == {Signal.THUMBS_UP}
    with pytest.raises(InputError, match="1,000"):
        chat.signal(talk, answer.message_id, Signal.THUMBS_UP, "x" * 1001)


def test_only_answers_can_be_rated_and_only_with_ratings(chat: Chat, talk: str) -> None:
    view = chat.reply(talk, "hmm")
    for turn in view.turns:
        with pytest.raises(InputError, match="not an answer"):
            chat.signal(talk, turn.message_id, Signal.THUMBS_DOWN)
    answer = last(chat.reply(talk, SURE))
    with pytest.raises(InputError, match="not a rating"):
        chat.signal(talk, answer.message_id, Signal.HAND_OVER)


def test_asking_for_a_person_hands_over_once(chat: Chat, talk: str, store: Store) -> None:
    chat.reply(talk, SURE)
    view = chat.hand_over(talk)
    assert (last(view).text, view.state) == (phrases.HAND_OVER, ConversationState.WAITING)
    assert chat.hand_over(talk) == view
    assert messages(store, talk)[0].signals == {Signal.HAND_OVER}


def test_asking_for_a_person_first_thing_works(chat: Chat, talk: str) -> None:
    assert chat.hand_over(talk).state is ConversationState.WAITING


def test_writing_that_one_wants_a_person_hands_over(chat: Chat, talk: str) -> None:
    view = chat.reply(talk, "a person please")
    assert (last(view).text, view.state) == ("A colleague takes over.", ConversationState.WAITING)


def test_while_waiting_the_bot_logs_and_is_silent(chat: Chat, talk: str, store: Store, live: FakeLive) -> None:
    chat.hand_over(talk)
    view = chat.reply(talk, SURE)
    assert (last(view).role, last(view).text, live.asked) == ("user", SURE, [])
    assert messages(store, talk)[0].decision is Decision.SILENT


def test_what_none_of_the_intents_fits_is_not_answered_however_sure_the_best_guess(
    chat: Chat, talk: str, live: FakeLive, store: Store
) -> None:
    live.outside[SURE] = 0.97
    view = chat.reply(talk, SURE)
    assert (last(view).text, [option.intent for option in last(view).options]) == (
        phrases.NOT_UNDERSTOOD,
        ["refund", "delivery", None],
    )
    assert chat.reply(talk, SURE).state is ConversationState.WAITING
    logged = messages(store, talk)
    assert [message.outside_score for message in logged] == [9.7, 9.7]
    with store.unit(read_only=True) as uow:  # handed over comes first, and neither is forgotten for its confidence
        assert [message.id for message in uow.inbox.page(QUEUE, "need", 10, 0)] == [logged[1].id, logged[0].id]


def test_the_costs_decide(store: Store, live: FakeLive) -> None:
    live.says["perhaps a refund"] = (("refund", 0.8), ("delivery", 0.2))
    live.outside["perhaps a refund"] = 0.01
    said = {}
    for wrong_answer in (4.0, 400.0):
        chat = Chat(store, live, Costs(wrong_answer=wrong_answer))
        said[wrong_answer] = last(chat.reply(chat.start().conversation_id, "perhaps a refund"))
    assert said[4.0].can_rate
    assert said[400.0].options


def test_a_hand_over_during_the_prediction_wins(chat: Chat, talk: str, live: FakeLive, store: Store) -> None:
    def ask_for_a_person() -> None:
        chat.hand_over(talk)

    live.before_predicting = ask_for_a_person
    view = chat.reply(talk, SURE)
    assert (last(view).role, view.state) == ("user", ConversationState.WAITING)
    assert messages(store, talk)[0].decision is Decision.SILENT


def test_no_transaction_is_open_while_predicting(chat: Chat, talk: str, live: FakeLive, store: Store) -> None:
    written: list[str] = []

    def write_meanwhile() -> None:
        with store.unit() as uow:
            written.append(uow.conversations.create())

    live.before_predicting = write_meanwhile
    chat.reply(talk, SURE)
    assert len(written) == 1


def test_the_threshold_of_the_live_version_decides(chat: Chat, talk: str, live: FakeLive) -> None:
    live.thresholds = Thresholds(0.99)
    assert last(chat.reply(talk, SURE)).options
