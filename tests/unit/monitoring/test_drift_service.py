"""Drift of logged messages: windows are measured once, against the version's own reference."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from assistant.domain import OUT_OF_SCOPE, Decision, Intent, LabelSet, Prediction, Score, Signal, Thresholds, Version
from assistant.errors import StoreError
from assistant.monitoring.drift import MONITORS, WINDOW
from assistant.services.watching.drift import LEAST_REFERENCE, Drift
from assistant.store import Message, Store, utc_now
from assistant.store.drift_tables import DriftRow
from assistant.store.messages import read_messages

DIMENSION, ENCODER = 8, "encoder-1"
INTENTS = ("delivery", "invoice", "refund")


@dataclass(frozen=True)
class Axes:
    """A model that takes the first three dimensions for the intents, and is its own loaded version."""

    labels: LabelSet = field(default_factory=lambda: LabelSet(INTENTS))

    @property
    def model(self) -> Axes:
        return self

    def probabilities(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        powers = np.exp(4 * embeddings[:, :3])
        shares: NDArray[np.float32] = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares

    def outside(self, embeddings: NDArray[np.float32]) -> None:
        """It cannot tell."""


def publish(store: Store, name: str, parent: str | None) -> None:
    with store.unit() as uow:
        uow.versions.add(Version(name, parent, utc_now(), "ready", ENCODER, "sha", {}))
        uow.versions.publish(name, expected_live=parent, learned=(), actor="ann", kind="publish", reason="a test")


def write(
    store: Store,
    version: str,
    rows: int,
    seed: int,
    *,
    away: float = 0.0,
    disliked: float = 0.0,
    decision: Decision = Decision.ANSWER,
) -> None:
    """Customers' messages; `away` moves them off what the version was published with."""
    rng = np.random.default_rng(seed)
    with store.unit() as uow:
        talk = uow.conversations.create()
        for number in range(rows):
            vector = 0.3 * rng.normal(size=DIMENSION) + np.eye(DIMENSION)[rng.integers(3)] + away
            embedding = (vector / np.linalg.norm(vector)).astype("<f4")
            said = Axes().probabilities(embedding[None])[0]
            ranked = tuple(Score(INTENTS[i], float(said[i])) for i in np.argsort(-said))
            message = uow.conversations.add_user_message(
                talk, f"message {seed} {number}", decision=decision,
                prediction=Prediction("", ranked, embedding.tobytes()), encoder=ENCODER,
                thresholds=Thresholds(0.5), intent=ranked[0].intent if decision is Decision.ANSWER else None,
                version=version,
            )  # fmt: skip
            if rng.random() < disliked:
                uow.conversations.add_signal(message, Signal.THUMBS_DOWN)


@pytest.fixture
def drift(store: Store) -> Drift:
    publish(store, "v1", None)
    return Drift(store, lambda version: Axes())


def test_without_a_version_there_is_nothing_to_measure(store: Store) -> None:
    with pytest.raises(StoreError, match="no version is live"):
        Drift(store, lambda version: Axes()).measure()


def test_a_version_first_collects_what_to_compare_with(store: Store, drift: Drift) -> None:
    write(store, "v1", LEAST_REFERENCE - 1, 1)
    view = drift.measure()
    assert view.states == ()
    assert view.note == "drift cannot be told yet: of 192 messages to compare with 191 have come"


def test_quiet_traffic_is_measured_window_by_window_and_raises_nothing(store: Store, drift: Drift) -> None:
    write(store, "v1", LEAST_REFERENCE + 2 * WINDOW + 5, 1)
    view = drift.measure()
    assert [state.monitor for state in view.states] == list(MONITORS)
    assert {state.windows for state in view.states} == {2}
    assert view.lasting == ()


def test_a_lasting_change_is_told_and_a_new_version_starts_afresh(store: Store, drift: Drift) -> None:
    write(store, "v1", LEAST_REFERENCE, 1)
    write(store, "v1", WINDOW, 2, away=0.8, disliked=0.6)
    assert drift.measure().lasting == ()
    write(store, "v1", WINDOW, 3, away=0.8, disliked=0.6)
    assert {"entropy", "embedding", "corrections"} <= set(drift.measure().lasting)
    assert drift.view() == drift.measure()
    publish(store, "v2", "v1")
    assert drift.measure().states == ()
    write(store, "v2", WINDOW, 4)
    assert {state.windows for state in drift.measure().states} == {1}


def test_a_window_keeps_what_was_measured_then(store: Store, drift: Drift) -> None:
    write(store, "v1", LEAST_REFERENCE + WINDOW, 1)
    first = drift.measure()
    with store.unit() as uow:
        for message in uow.drift.messages("v1", 0, 10**6):
            uow.conversations.add_signal(message.id, Signal.THUMBS_DOWN)
    assert drift.measure() == first


def test_an_operators_other_label_counts_as_a_dispute(store: Store, drift: Drift) -> None:
    write(store, "v1", LEAST_REFERENCE + 2 * WINDOW, 1)
    with store.unit() as uow:
        for name in INTENTS:
            if name not in {intent.name for intent in uow.intents.all()}:
                uow.intents.add(Intent(name, name, "Yes."), "ann")
        for message in uow.drift.messages("v1", 0, 10**6)[-2 * WINDOW :]:
            other = next(name for name in INTENTS if name != message.scores[0].intent)
            uow.examples.add(message.text, other, source="correction", operator="ann", message_id=message.id)
    (corrections,) = [state for state in drift.measure().states if state.monitor == "corrections"]
    assert corrections.score == 1.0


@pytest.mark.parametrize(("decision", "disputed"), [(Decision.CLARIFY, 0.0), (Decision.ANSWER, 1.0)])
def test_a_label_out_of_scope_disputes_only_what_was_answered(
    store: Store, drift: Drift, decision: Decision, disputed: float
) -> None:
    write(store, "v1", LEAST_REFERENCE, 1)
    write(store, "v1", 2 * WINDOW, 2, decision=decision)
    with store.unit() as uow:
        uow.intents.add(Intent(OUT_OF_SCOPE, "Out of scope", "We cannot help."), "ann")
        for message in uow.drift.messages("v1", 0, 10**6)[-2 * WINDOW :]:
            uow.examples.add(message.text, OUT_OF_SCOPE, source="correction", operator="ann", message_id=message.id)
    (corrections,) = [state for state in drift.measure().states if state.monitor == "corrections"]
    assert corrections.score == disputed


def test_night_by_night_it_is_as_at_once_and_a_year_is_not_read_again(store: Store, engine: Engine) -> None:
    seen: list[int] = []

    class Counted(Axes):
        def probabilities(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
            seen.append(len(embeddings))
            return super().probabilities(embeddings)

    publish(store, "v1", None)
    drift = Drift(store, lambda version: Counted())
    write(store, "v1", LEAST_REFERENCE, 1)
    for night in range(8):
        seen.clear()
        write(store, "v1", WINDOW, night + 2, away=0.1 * night, disliked=0.1 * night)
        drift.measure()
        assert sum(seen) == LEAST_REFERENCE + 2 * WINDOW  # the reference, the window before and the new one
    with store.unit(read_only=True) as uow:
        nightly = uow.drift.of("v1")
    with engine.begin() as connection:
        connection.execute(delete(DriftRow))
    drift.measure()
    with store.unit(read_only=True) as uow:
        assert [one.score for one in uow.drift.of("v1")] == pytest.approx([one.score for one in nightly])


def test_what_waited_for_a_year_is_read_in_parts_and_measured_as_at_once(
    store: Store, engine: Engine, drift: Drift, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, "v1", LEAST_REFERENCE, 1)
    for night in range(8):
        write(store, "v1", WINDOW, night + 2, away=0.1 * night, disliked=0.1 * night)
    at_once = drift.measure()
    with engine.begin() as connection:
        connection.execute(delete(DriftRow))
    read: list[int] = []

    def reading(session: Session, statement: Any) -> list[Message]:
        found = read_messages(session, statement)
        read.append(len(found))
        return found

    monkeypatch.setattr("assistant.store.drift.read_messages", reading)
    monkeypatch.setattr("assistant.services.watching.drift.AT_ONCE", 100)  # windows lie across the parts
    told: list[tuple[int, int]] = []
    assert drift.measure(lambda what, done, total: told.append((done, total))) == at_once
    assert max(read) <= LEAST_REFERENCE
    assert told == [(done, 8 * WINDOW) for done in (0, 100, 200, 300, 400, 500, 8 * WINDOW)]


def test_no_message_is_in_two_windows_after_older_ones_were_erased(store: Store, drift: Drift) -> None:
    for seed, rows in enumerate((LEAST_REFERENCE, 10, 2 * WINDOW - 10)):
        write(store, "v1", rows, seed)
    drift.measure()
    with store.unit() as uow:
        done = max(score.last_message for score in uow.drift.of("v1"))
        uow.erasing.erase([uow.conversations.message(LEAST_REFERENCE + 1).conversation_id])
    write(store, "v1", WINDOW, 4)
    drift.measure()
    with store.unit(read_only=True) as uow:
        latest = uow.drift.of("v1")[-1]
    assert (latest.first_message, latest.last_message) == (done + 1, done + WINDOW)


def test_a_guess_that_was_merged_since_is_no_dispute(store: Store, drift: Drift) -> None:
    """The operators confirm it by the name of the intent that answers for it now."""
    write(store, "v1", LEAST_REFERENCE + 2 * WINDOW, 1)
    with store.unit() as uow:
        for name in set(INTENTS) - {intent.name for intent in uow.intents.all()}:
            uow.intents.add(Intent(name, name, "Yes."), "ann")
        uow.intents.retire(INTENTS[0], into=INTENTS[1])
        for message in uow.drift.messages("v1", 0, 10**6)[-2 * WINDOW :]:
            guess = message.scores[0].intent
            now = INTENTS[1] if guess == INTENTS[0] else guess
            uow.examples.add(message.text, now, source="confirmation", operator="ann", message_id=message.id)
    (corrections,) = [state for state in drift.measure().states if state.monitor == "corrections"]
    assert corrections.score == 0.0
