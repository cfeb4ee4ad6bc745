"""The running chat with a version on trial: who gets it, that they keep it, and that nobody waits or fails for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import pytest

from assistant.domain import ConversationState, Prediction, Signal
from assistant.errors import BusyError
from assistant.live_model import LiveModel, LiveSnapshot
from assistant.services.conversation.chat import Chat
from assistant.services.trials.trial import Trial
from assistant.serving import Served
from assistant.store.experiments import Experiment
from tests.held import NEW, HeldShop

ASKED = f"{NEW} 9001"


@pytest.fixture
def live(shop: HeldShop) -> LiveModel[Served]:
    return shop.live_model()


@pytest.fixture
def trial(shop: HeldShop, live: LiveModel[Served]) -> Trial:
    return shop.trial(live)


@pytest.fixture
def chat(shop: HeldShop, live: LiveModel[Served], trial: Trial) -> Chat:
    return shop.chat(live, trial)


def start(shop: HeldShop, share: float = 0.5) -> Experiment:
    return shop.experiments().start(shop.held.id, share, "lea")


def running(shop: HeldShop) -> Experiment | None:
    with shop.store.unit(read_only=True) as uow:
        return uow.experiments.running()


def sides(shop: HeldShop, talks: list[str]) -> set[str | None]:
    return {version for talk in talks for version in shop.answered_by(talk)}


def drawn(shop: HeldShop, chat: Chat, experiment: Experiment, side: bool) -> str:
    """A new conversation that falls to the tried version, or to the live one."""
    return next(t for t in (chat.start().conversation_id for _ in range(200)) if experiment.draws(t) is side)


def until(reached: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not reached() and time.monotonic() < end:
        time.sleep(0.01)
    return reached()


def test_about_the_share_of_the_conversations_falls_to_the_version_and_always_the_same(shop: HeldShop) -> None:
    for share in (0.1, 0.5):
        experiment = replace(start(shop), share=share)
        shop.experiments().drop("lea", "again")
        ids = [f"conversation-{number}" for number in range(4000)]
        first = [experiment.draws(each) for each in ids]
        assert abs(sum(first) / len(ids) - share) < 0.02
        assert [experiment.draws(each) for each in ids] == first
        other = replace(experiment, id=experiment.id + 1)  # the next experiment draws anew
        assert abs(sum(other.draws(each) for each in ids if experiment.draws(each)) / sum(first) - share) < 0.06


def test_without_an_experiment_the_live_version_answers(shop: HeldShop, chat: Chat, trial: Trial) -> None:
    assert trial.refresh() is False
    assert sides(shop, shop.say(chat, ASKED)) == {shop.live().id}


def test_a_conversation_gets_what_it_drew_and_keeps_it(shop: HeldShop, chat: Chat, trial: Trial) -> None:
    experiment = start(shop)
    assert trial.refresh() is True
    tried, other = drawn(shop, chat, experiment, True), drawn(shop, chat, experiment, False)
    for _ in range(3):
        chat.reply(tried, ASKED)
        chat.reply(other, "refund 9002")
    assert shop.answered_by(tried) == [shop.held.id] * 3
    assert shop.answered_by(other) == [shop.live().id] * 3
    assert chat.view(tried).turns[-1].text == "All about parcel."


def test_conversations_that_began_before_stay_with_what_they_had(shop: HeldShop, chat: Chat, trial: Trial) -> None:
    before = shop.say(chat, *["refund 1"] * 12)
    opened = [chat.start().conversation_id for _ in range(12)]  # nothing was said in these yet
    start(shop, 0.9)
    trial.refresh()
    for talk in (*before, *opened):
        chat.reply(talk, ASKED)
    assert sides(shop, before) == {shop.live().id}
    assert shop.held.id in sides(shop, opened)


def test_who_was_answered_before_the_version_had_loaded_stays_with_the_live_one(
    shop: HeldShop, chat: Chat, trial: Trial
) -> None:
    talk = drawn(shop, chat, start(shop), True)
    chat.reply(talk, "refund 1")
    trial.refresh()
    chat.reply(talk, ASKED)
    assert shop.answered_by(talk) == [shop.live().id] * 2


def test_a_restarted_server_goes_on_with_the_same_sides(shop: HeldShop, chat: Chat, trial: Trial) -> None:
    experiment = start(shop)
    trial.refresh()
    talk = drawn(shop, chat, experiment, True)
    chat.reply(talk, ASKED)
    live = shop.live_model()
    again = shop.trial(live)
    again.refresh()
    shop.chat(live, again).reply(talk, ASKED)
    assert shop.answered_by(talk) == [shop.held.id] * 2


def test_the_chat_takes_up_and_drops_a_version_within_two_seconds(shop: HeldShop, chat: Chat, trial: Trial) -> None:
    stop = trial.follow(1.0)  # the default of the setting poll_seconds
    experiment = start(shop)
    talk = drawn(shop, chat, experiment, True)
    assert until(lambda: trial.snapshot(talk) is not None, 2)
    shop.experiments().drop("lea", "enough")
    assert until(lambda: trial.snapshot(talk) is None, 2)
    stop()


def test_dropping_gives_everybody_the_live_version(shop: HeldShop, chat: Chat, trial: Trial) -> None:
    experiment = start(shop)
    trial.refresh()
    talk = drawn(shop, chat, experiment, True)
    chat.reply(talk, ASKED)
    shop.experiments().drop("lea", "worse")
    assert trial.refresh() is True
    chat.reply(talk, "refund 1")
    assert shop.answered_by(talk) == [shop.held.id, shop.live().id]


def test_publishing_keeps_the_version_in_its_conversations_all_the_way(
    shop: HeldShop, live: LiveModel[Served], chat: Chat, trial: Trial
) -> None:
    experiment = start(shop)
    trial.refresh()
    talk, version = drawn(shop, chat, experiment, True), experiment.version
    shop.experiments().publish("lea", "better")
    trial.refresh()  # before the live model has looked
    chat.reply(talk, ASKED)
    assert live.refresh() is True
    assert trial.refresh() is True
    chat.reply(talk, ASKED)
    assert shop.answered_by(talk) == [version] * 2
    assert sides(shop, shop.say(chat, ASKED)) == {version}


@pytest.mark.parametrize("damage", ["head.safetensors", "manifest.json"])
def test_a_broken_folder_ends_the_experiment_and_the_live_version_answers(
    shop: HeldShop, chat: Chat, trial: Trial, damage: str
) -> None:
    experiment = start(shop, 0.9)
    (shop.folder / experiment.version / damage).write_bytes(b"else")
    assert trial.refresh() is True
    assert sides(shop, shop.say(chat, *[ASKED] * 6)) == {shop.live().id}
    found = shop.experiments().latest()
    assert found is not None
    assert (found.experiment.state, found.experiment.ended_by) == ("failed", "assistant serve")
    assert damage in str(found.experiment.reason)
    with shop.store.unit(read_only=True) as uow:
        (entry,) = uow.audit.matching(action="end_experiment")
    assert (entry.actor, entry.after) == ("assistant serve", {"state": "failed", "reason": found.experiment.reason})
    assert trial.refresh() is False  # told and tried once


def test_a_version_that_fails_on_a_message_costs_no_answer_and_ends_its_experiment(
    shop: HeldShop, chat: Chat, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = start(shop)
    trial.refresh()
    talk = drawn(shop, chat, experiment, True)

    predict = LiveSnapshot.predict

    def fails(self: LiveSnapshot[Served], texts: list[str], top: int = 5) -> list[Prediction]:
        if self.version == experiment.version:
            raise ValueError("matmul: size mismatch")
        return predict(self, texts, top)

    monkeypatch.setattr(LiveSnapshot, "predict", fails)
    assert chat.reply(talk, "refund 1").turns[-1].text == "All about refund."
    assert shop.answered_by(talk) == [shop.live().id]
    trial.refresh()
    assert running(shop) is None
    found = shop.experiments().latest()
    assert found is not None
    assert found.experiment.reason == "matmul: size mismatch"


def test_a_busy_encoder_is_no_fault_of_the_version(shop: HeldShop, live: LiveModel[Served]) -> None:
    class Busy:
        version, encoder_hash, thresholds, radius = "v", "e", None, None

        def predict(self, texts: list[str], top: int = 5) -> None:
            raise BusyError("256 calls wait for the encoder already")

    class Tries:
        broken: ClassVar[list[Exception]] = []

        def snapshot(self, conversation_id: str) -> Busy:
            return Busy()

        def broke(self, error: Exception) -> None:
            self.broken.append(error)

    tries = Tries()
    chat = Chat(shop.store, live, tried=tries)  # type: ignore[arg-type]
    with pytest.raises(BusyError):
        chat.reply(chat.start().conversation_id, ASKED)
    assert tries.broken == []


def test_corrections_hold_at_once_on_both_sides(shop: HeldShop, chat: Chat, trial: Trial) -> None:
    experiment = start(shop)
    trial.refresh()
    talks = [drawn(shop, chat, experiment, side) for side in (True, False)]
    with shop.store.unit() as uow:
        uow.examples.add(ASKED, "delivery", source="correction", operator="ann")
    for talk in talks:
        assert chat.reply(talk, ASKED).turns[-1].text == "All about delivery."
    assert [shop.answered_by(talk) for talk in talks] == [[shop.held.id], [shop.live().id]]


def test_a_retired_intent_is_answered_by_its_heir_on_both_sides(shop: HeldShop, chat: Chat, trial: Trial) -> None:
    experiment = start(shop)
    trial.refresh()
    with shop.store.unit() as uow:
        uow.intents.retire(NEW, into="refund")
    talk = drawn(shop, chat, experiment, True)
    assert chat.reply(talk, ASKED).turns[-1].text == "All about refund."


def test_complaints_choices_and_hand_overs_go_on_as_ever(shop: HeldShop, chat: Chat, trial: Trial) -> None:
    experiment = start(shop)
    trial.refresh()
    talk = drawn(shop, chat, experiment, True)
    answer = chat.reply(talk, ASKED).turns[-1]
    chat.signal(talk, answer.message_id, Signal.NOT_MEANT)
    second = chat.reply(talk, ASKED).turns[-1]
    assert chat.signal(talk, second.message_id, Signal.THUMBS_DOWN).state is ConversationState.WAITING
    chat.reply(talk, "are you there")
    assert shop.answered_by(talk) == [shop.held.id, shop.held.id, None]


def test_no_request_fails_or_changes_sides_while_experiments_come_and_go(
    shop: HeldShop, live: LiveModel[Served], chat: Chat, trial: Trial
) -> None:
    failures: list[BaseException] = []
    talks: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        try:
            while not stop.is_set():
                talks.extend(shop.say(chat, ASKED))
        except BaseException as error:  # noqa: BLE001, RUF100 - whatever it is, it is the failure looked for
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        start(shop)
        trial.refresh()
        reached = len(talks)
        assert until(lambda reached=reached: len(talks) > reached + 6 or bool(failures), 20)  # type: ignore[misc]
        shop.experiments().drop("lea", "again")
        trial.refresh()
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert sides(shop, talks) == {shop.live().id, shop.held.id}
