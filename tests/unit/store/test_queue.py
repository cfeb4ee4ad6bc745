"""Promises of the queue: complaints, then handed over, then the least confident; fast when it is long."""

from __future__ import annotations

from functools import partial

from assistant.domain import Decision, Signal, Thresholds
from assistant.store import Store
from assistant.store.inbox import QUEUE
from tests.fakes import prediction


def ask(store: Store, text: str, confidence: float, decision: Decision = Decision.CLARIFY) -> int:
    with store.unit() as uow:
        return uow.conversations.add_user_message(
            uow.conversations.create(),
            text,
            decision=decision,
            prediction=prediction(text, ("refund", confidence)),
            encoder="encoder-1",
            thresholds=Thresholds(0.7),
            version="v1",
        )


def signal(store: Store, message_id: int, kind: Signal) -> None:
    with store.unit() as uow:
        uow.conversations.add_signal(message_id, kind)


def texts(store: Store) -> list[str]:
    with store.unit(read_only=True) as uow:
        queued = [message.text for message in uow.inbox.page(QUEUE, "need", 100, 0)]
        assert uow.inbox.count(QUEUE) == len(queued)
    return queued


def test_the_order(store: Store) -> None:
    ask(store, "unsure 0.6", 0.6)
    ask(store, "unsure 0.2", 0.2)
    ask(store, "at the threshold", 0.7, Decision.ANSWER)
    ask(store, "handed over 0.5", 0.5, Decision.HAND_OVER)
    signal(store, ask(store, "asked for a person 0.9", 0.9, Decision.ANSWER), Signal.HAND_OVER)
    signal(store, ask(store, "thumbs down 0.95", 0.95, Decision.ANSWER), Signal.THUMBS_DOWN)
    signal(store, ask(store, "not meant 0.8", 0.8, Decision.ANSWER), Signal.NOT_MEANT)
    signal(store, ask(store, "thumbs up", 0.9, Decision.ANSWER), Signal.THUMBS_UP)
    assert texts(store) == [
        "not meant 0.8",
        "thumbs down 0.95",
        "handed over 0.5",
        "asked for a person 0.9",
        "unsure 0.2",
        "unsure 0.6",
    ]


def test_a_signal_moves_a_message_forward_never_backward(store: Store) -> None:
    first, second = ask(store, "first", 0.1), ask(store, "second", 0.2)
    signal(store, second, Signal.THUMBS_DOWN)
    signal(store, second, Signal.HAND_OVER)
    signal(store, second, Signal.THUMBS_UP)
    signal(store, first, Signal.HAND_OVER)
    assert texts(store) == ["second", "first"]


def test_handled_and_skipped_messages_leave_and_come_back(store: Store) -> None:
    one, two = ask(store, "one", 0.1), ask(store, "two", 0.2)
    with store.unit() as uow:
        uow.conversations.set_handled(one, True)
        uow.conversations.set_skipped(two, True)
    assert texts(store) == []
    with store.unit() as uow:
        uow.conversations.set_handled(one, False)
        uow.conversations.set_skipped(two, False)
    assert texts(store) == ["one", "two"]


def test_a_signal_on_a_reply_belongs_to_the_message_it_replied_to(store: Store) -> None:
    asked = ask(store, "asked", 0.9, Decision.ANSWER)
    with store.unit() as uow:
        conversation = uow.conversations.message(asked).conversation_id
        reply = uow.conversations.add_bot_message(conversation, "answer", reply_to=asked)
        assert uow.conversations.add_signal(reply, Signal.THUMBS_DOWN)
        assert not uow.conversations.add_signal(reply, Signal.THUMBS_DOWN, "too long")
        assert uow.conversations.message(asked).signals == {Signal.THUMBS_DOWN}
    assert texts(store) == ["asked"]


def test_pages_do_not_overlap_and_odd_numbers_are_brought_into_range(store: Store) -> None:
    for number in range(5):
        ask(store, f"text {number}", 0.1)
    with store.unit() as uow:
        queue = partial(uow.inbox.page, QUEUE, "need")
        assert [m.text for m in queue(2, 0) + queue(2, 2) + queue(2, 4)] == [f"text {n}" for n in range(5)]
        assert queue(-1, 0) == [] == queue(10, 10**30)
        assert len(queue(10**30, -5)) == 5


def test_a_message_keeps_what_the_model_said_of_it(store: Store) -> None:
    said = prediction("text", *[(f"intent_{number}", 0.3 - number / 100) for number in range(8)])
    with store.unit() as uow:
        number = uow.conversations.add_user_message(
            uow.conversations.create(),
            "text",
            decision=Decision.CLARIFY,
            prediction=said,
            encoder="encoder-1",
            thresholds=Thresholds(0.55),
            version="v7",
        )
    with store.unit() as uow:
        message = uow.conversations.message(number)
        assert (message.scores, message.embedding) == (said.ranked[:5], said.embedding)
        assert (message.confidence, message.threshold, message.version) == (0.3, 0.55, "v7")
        assert message.encoder == "encoder-1"
