"""Promises of the chat: every turn is logged, the second failure hands over, ids cannot be borrowed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.dialogue.costs import Costs
from assistant.dialogue.languages import PHRASES
from assistant.dialogue.phrases import en as phrases
from assistant.domain import ConversationState, Decision, Intent, Language, Signal, Thresholds
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.services.views import ChatTurn, ChatView
from assistant.store import Message, Store
from assistant.store.inbox import QUEUE
from tests.fakes import FakeLive

XSS = "<img src=x onerror=alert(1)>"
SURE = "I want my money back"


@pytest.fixture
def chat(store: Store, live: FakeLive) -> Chat:
    live.says[SURE] = (("refund", 0.95), ("delivery", 0.05))
    live.says["a person please"] = (("person", 0.95),)
    return Chat(store, live)


@pytest.fixture
def talk(chat: Chat) -> str:
    return chat.start().conversation_id


def messages(store: Store, conversation_id: str, role: str = "user") -> list[Message]:
    with store.unit(read_only=True) as uow:
        return [m for m in uow.conversations.messages(conversation_id) if m.role == role]


def last(view: ChatView) -> ChatTurn:
    return view.turns[-1]


def texts(view: ChatView) -> list[str]:
    return [turn.text for turn in view.turns]


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


@pytest.mark.parametrize("bad", ["", "  \n", "\x00", "x" * 2**20, "\u202e\u2066"])
def test_an_unacceptable_text_is_refused_and_not_logged(chat: Chat, talk: str, bad: str, live: FakeLive) -> None:
    before = chat.view(talk)
    with pytest.raises(InputError):
        chat.reply(talk, bad)
    assert chat.view(talk) == before
    assert live.asked == []


@pytest.mark.parametrize(
    ("typed", "stored"),
    [(XSS, XSS), ("\u202eevil\x1b", "evil"), ("\u05e9\u05dc\u05d5\u05dd", "\u05e9\u05dc\u05d5\u05dd")],
)
def test_text_is_stored_verbatim_but_for_what_cannot_be_shown(chat: Chat, talk: str, typed: str, stored: str) -> None:
    assert texts(chat.reply(talk, typed))[1] == stored


@pytest.mark.parametrize("forged", ["", "nobody", "\ud800", "x" * 10**6, "' OR 1=1 --"])
def test_an_unknown_conversation_is_refused_everywhere(chat: Chat, forged: str) -> None:
    attempts: list[Callable[[], ChatView]] = [
        lambda: chat.view(forged),
        lambda: chat.reply(forged, "hello"),
        lambda: chat.choose(forged, 1, None),
        lambda: chat.signal(forged, 1, Signal.THUMBS_UP),
        lambda: chat.hand_over(forged),
    ]
    for attempt in attempts:
        with pytest.raises(InputError, match="does not exist"):
            attempt()


@pytest.mark.parametrize("forged", [0, -1, 999, 2**63, 10**30])
def test_an_unknown_message_is_refused(chat: Chat, talk: str, forged: int) -> None:
    with pytest.raises(InputError):
        chat.choose(talk, forged, None)
    with pytest.raises(InputError):
        chat.signal(talk, forged, Signal.THUMBS_UP)


def test_messages_of_another_conversation_cannot_be_touched(chat: Chat, talk: str) -> None:
    other = chat.start().conversation_id
    question = last(chat.reply(other, "hmm"))
    with pytest.raises(InputError, match="no message"):
        chat.choose(talk, question.message_id, "refund")
    answer = last(chat.reply(other, SURE))
    with pytest.raises(InputError, match="no message"):
        chat.signal(talk, answer.message_id, Signal.THUMBS_DOWN)


@pytest.mark.parametrize("language", Language)
def test_a_conversation_that_is_very_long_takes_no_more_messages(
    chat: Chat, store: Store, monkeypatch: pytest.MonkeyPatch, language: Language
) -> None:
    talk = chat.start(language).conversation_id
    monkeypatch.setattr("assistant.services.conversation.chat.TURNS_LIMIT", 3)
    chat.reply(talk, SURE)
    with pytest.raises(InputError) as refused:
        chat.reply(talk, SURE)
    assert str(refused.value) == PHRASES[language].TOO_MANY
    assert len(messages(store, talk)) == 1
    assert chat.reply(chat.start().conversation_id, SURE).turns[-1].can_rate
