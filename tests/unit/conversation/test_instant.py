"""Corrections at once: the same message is answered as the operator said, every other as before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from assistant.domain import (
    Decision,
    Example,
    LabelledText,
    Neighbour,
    Prediction,
    Score,
    Signal,
    Split,
    Thresholds,
    Version,
)
from assistant.live_model import LiveModel
from assistant.model.artifact import read_folder
from assistant.services.conversation.chat import Chat
from assistant.services.conversation.instant import Instant
from assistant.services.desk.labeling import Labeling
from assistant.services.intents.care import IntentCare
from assistant.services.live import Snapshot
from assistant.services.runs.setup import set_up
from assistant.services.views import ChatView
from assistant.serving import Served, served
from assistant.store import Message, PendingLabel
from assistant.store.texts import split_of
from tests.shops import PLAN, Shop, corpus, intent, train

WRONG = "delivery of my money 1"  # its first word says delivery; the operator says refund


@dataclass
class Desk:
    """A shop with the light model that its chat runs on, and an operator."""

    shop: Shop

    def __post_init__(self) -> None:
        self.live: LiveModel[Served] = LiveModel(self.shop.versions().live, self._load)
        self.chat = Chat(self.shop.store, self.live)
        self.desk = Labeling(self.shop.store, self.live)

    def _load(self, version: Version) -> Served:
        folder = self.shop.folder / version.id
        return served(folder, read_folder(folder, version.manifest_sha256), self.shop.encoder)

    def ask(self, text: str) -> Message:
        """A customer writes in a new conversation; what was logged."""
        talk = self.chat.start().conversation_id
        self.chat.reply(talk, text)
        with self.shop.store.unit(read_only=True) as uow:
            return next(m for m in uow.conversations.messages(talk) if m.role == "user")

    def answer(self, text: str) -> str:
        view: ChatView = self.chat.reply(self.chat.start().conversation_id, text)
        return view.turns[-1].text


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    set_up(made.store, corpus("refund", "delivery", "invoice"), made.encoder, PLAN, made.folder)
    return made


def test_the_next_customer_with_the_same_message_gets_the_operators_answer(desk: Desk) -> None:
    first = desk.ask(WRONG)
    assert first.intent != "refund"
    desk.desk.correct(first.id, "refund", "ann")
    after = desk.ask(WRONG.upper())
    assert (after.decision, after.intent, after.attention) == (Decision.ANSWER, "refund", None)
    assert desk.answer(WRONG) == intent("refund").answer
    # The log still holds what the model said, and which label decided.
    assert (after.scores[0].intent, after.confidence) != ("refund", 1.0)
    (label,) = desk.desk.at_work()
    assert (after.instant, first.instant) == (label.example, None)
    assert (label.text, label.intent, label.operator, label.used) == (WRONG, "refund", "ann", 2)


def test_a_correction_to_an_intent_that_is_retired_since_holds_no_more(desk: Desk) -> None:
    first = desk.ask(WRONG)
    desk.desk.correct(first.id, "refund", "ann")
    IntentCare(desk.shop.store).retire("refund", "ann")
    assert desk.ask(WRONG).intent != "refund"


def test_an_undone_correction_stops_at_once(desk: Desk) -> None:
    first = desk.ask(WRONG)
    desk.desk.correct(first.id, "refund", "ann")
    assert desk.ask(WRONG).intent == "refund"
    desk.desk.undo("ann")
    again = desk.ask(WRONG)
    assert (again.intent, again.instant, again.decision) == (first.intent, None, first.decision)
    assert desk.desk.at_work() == []


def test_a_correction_is_gone_when_a_version_learned_it_and_not_back_after_a_rollback(desk: Desk) -> None:
    text = "delivery of my money 2"
    first = desk.ask(text)
    assert split_of(text) is Split.TRAIN
    desk.desk.correct(first.id, "refund", "ann")
    desk.shop.label(*train("refund", 3, start=300))
    assert desk.shop.retrain().run(actor="test").exit_code == 0
    assert desk.live.refresh()
    assert desk.desk.at_work() == []
    assert desk.ask(text).instant is None
    desk.shop.versions().roll_back("ann", "a try")
    assert desk.desk.at_work() == []  # pending for the night again, but who rolls back wants the answers from before
    assert desk.ask(text).instant is None


def test_a_correction_that_is_asked_for_and_not_trained_on_holds_after_the_night_for_equal_messages(desk: Desk) -> None:
    asked = desk.ask(WRONG)
    assert (asked.intent, split_of(WRONG)) == ("delivery", Split.HOLDOUT)
    desk.desk.correct(asked.id, "refund", "ann")
    desk.shop.label(*train("refund", 3, start=300))
    assert desk.shop.retrain().run(actor="test").exit_code == 0
    assert desk.live.refresh()
    after = desk.ask(WRONG.upper())
    assert (after.intent, after.instant is None, desk.desk.at_work()) == ("refund", False, [])
    assert desk.ask(f"{WRONG} please").instant is None
    desk.shop.versions().roll_back("ann", "a try")
    assert desk.live.refresh()
    assert desk.ask(WRONG).instant is None


def test_what_has_none_of_the_intents_is_still_told_so_when_a_version_has_learned_it(desk: Desk) -> None:
    first = desk.ask(WRONG)
    desk.desk.reject(first.id, "ann")
    told = desk.answer(WRONG)
    assert desk.shop.retrain().run(actor="test").exit_code == 0
    assert desk.live.refresh()
    assert (desk.answer(WRONG.upper()), desk.desk.at_work()) == (told, [])
    desk.shop.versions().roll_back("ann", "a try")
    assert desk.live.refresh()
    assert desk.ask(WRONG).instant is None
    desk.shop.retrain().run(actor="test")
    assert desk.answer(WRONG) == told
    desk.desk.correct(first.id, "delivery", "ann")
    assert desk.ask(WRONG).intent == "delivery"


def test_what_an_operator_says_again_after_a_rollback_holds_at_once(desk: Desk) -> None:
    desk.desk.correct(desk.ask(WRONG).id, "refund", "ann")
    desk.shop.label(*train("refund", 3, start=300))
    assert desk.shop.retrain().run(actor="test").exit_code == 0
    desk.shop.versions().roll_back("ann", "a try")
    assert desk.live.refresh() is False  # nobody had looked for the later one yet
    again = desk.ask(WRONG)
    assert again.instant is None
    desk.desk.correct(again.id, "refund", "bob")
    assert [item.operator for item in desk.desk.at_work()] == ["bob"]
    assert desk.answer(WRONG) == intent("refund").answer
    desk.desk.correct(again.id, "refund", "bob")  # once more it is the same label
    assert len(desk.desk.at_work()) == 1
    assert len(desk.shop.pending()) == len({WRONG, *(row.text for row in train("refund", 3, start=300))})
    desk.desk.undo("bob")  # which changed nothing
    desk.desk.undo("bob")
    assert desk.ask(WRONG).instant is None
    assert desk.shop.retrain().run(actor="test").exit_code == 0
    assert desk.shop.pending() == []


def test_a_label_that_was_imported_or_shipped_changes_nothing_at_once(desk: Desk) -> None:
    desk.desk.import_rows([LabelledText(WRONG, "refund")], "ann")
    assert desk.ask(WRONG).instant is None
    assert desk.desk.at_work() == []


def test_the_intent_of_a_correction_may_be_new(desk: Desk) -> None:
    first = desk.ask(WRONG)
    desk.desk.create_intent(intent("price_protection"), first.id, "ann")
    assert desk.answer(WRONG) == intent("price_protection").answer
    desk.desk.undo("ann")
    assert desk.answer(WRONG) != intent("price_protection").answer


def test_a_complaint_about_an_instant_answer_puts_the_message_into_the_queue(desk: Desk) -> None:
    desk.desk.correct(desk.ask(WRONG).id, "refund", "ann")
    talk = desk.chat.start().conversation_id
    answer = desk.chat.reply(talk, WRONG).turns[-1]
    before = desk.desk.count()
    desk.chat.signal(talk, answer.message_id, Signal.NOT_MEANT)
    assert desk.desk.count() == before + 1


@dataclass(frozen=True)
class Fixed:
    """A snapshot that remembers one text, pointing along `remembered`."""

    remembered: tuple[float, float]
    radius: float | None = 0.9
    version: str = "v1"
    encoder_hash: str = "e1"
    thresholds: Thresholds = field(default_factory=lambda: Thresholds(0.5))

    def predict(self, texts: list[str], top: int = 5) -> list[Prediction]:
        return [said(text, 1.0, 0.0) for text in texts]

    def nearest(self, embedding: bytes, k: int = 5) -> list[Neighbour]:
        similarity = float(np.frombuffer(embedding, dtype="<f4") @ np.array(self.remembered, dtype=np.float32))
        return [Neighbour("remembered", "delivery", similarity)]

    def nearest_of_each(self, embeddings: Sequence[bytes], k: int = 5) -> list[list[Neighbour]]:
        return [self.nearest(embedding, k) for embedding in embeddings]

    def exemplars(self, limit: int) -> list[tuple[str, bytes]]:
        return []


def said(text: str, *vector: float) -> Prediction:
    unit = np.array(vector, dtype="<f4") / np.linalg.norm(vector)
    return Prediction(text, (Score("delivery", 0.9),), unit.astype("<f4").tobytes())


def label(text: str, name: str, embedding: bytes | None = None, number: int = 1) -> PendingLabel:
    example = Example(number, text, name, Split.TRAIN, "correction", "ann", datetime(2025, 1, 1, tzinfo=UTC))
    return PendingLabel(example, embedding, "e1" if embedding else None)


AWAY = (0.0, 1.0)


def test_a_near_copy_is_answered_by_the_nearest_correction() -> None:
    labels = [label("a", "refund", said("a", 1, 0).embedding), label("b", "invoice", said("b", 0.95, 0.3).embedding, 2)]
    match = Instant().match(said("almost a", 0.99, 0.05), Fixed(AWAY), labels)
    assert match is not None
    assert (match.example, match.intent) == (1, "refund")
    assert match.similarity > 0.99


@pytest.mark.parametrize(
    ("snapshot", "asked"),
    [
        (Fixed(AWAY), said("too far", 1, 0.6)),
        (Fixed(AWAY, radius=None), said("no radius", 1, 0.01)),
        (Fixed((0.9950, 0.0998)), said("nearer to what was learned", 0.995, 0.0998)),
    ],
)
def test_a_correction_that_is_far_or_not_the_nearest_says_nothing(snapshot: Fixed, asked: Prediction) -> None:
    assert Instant().match(asked, snapshot, [label("a", "refund", said("a", 1, 0).embedding)]) is None


def test_the_exemplar_that_a_correction_replaces_does_not_stand_in_its_way() -> None:
    labels = [label("Remembered", "refund", said("remembered", 1, 0).embedding)]
    match = Instant().match(said("almost", 1, 0.01), Fixed((1.0, 0.01)), labels)
    assert match is not None
    assert match.intent == "refund"


def test_a_correction_logged_by_another_encoder_is_embedded_anew() -> None:
    old = replace(label("a", "refund", b"\0" * 12), encoder="another")
    assert Instant().match(said("almost a", 1, 0.01), Fixed(AWAY), [old]) is not None


def test_messages_outside_the_radius_are_predicted_as_if_there_were_no_correction(desk: Desk) -> None:
    asked = [row.text for row in (*train("refund", 8, 500), *train("delivery", 8, 500), *train("invoice", 8, 500))]
    before = [desk.ask(text) for text in asked]
    for number in range(3):
        desk.desk.correct(desk.ask(f"delivery of my money {number}").id, "refund", "ann")
    snapshot: Snapshot = desk.live.snapshot()
    assert snapshot.radius is not None
    labels = desk.shop.encoder.embed([item.text for item in desk.desk.at_work()])
    near = (desk.shop.encoder.embed(asked) @ labels.T).max(axis=1) >= snapshot.radius
    assert (~near).sum() > 0
    after = [desk.ask(text) for text in asked]
    changed = [
        (a.decision, a.intent, a.scores) != (b.decision, b.intent, b.scores) for a, b in zip(after, before, strict=True)
    ]
    assert not np.array(changed)[~near].any()
    assert all(message.instant is None for message, close in zip(after, near, strict=True) if not close)
