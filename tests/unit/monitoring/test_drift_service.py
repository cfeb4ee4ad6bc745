"""Drift of logged messages: windows are measured once, against the version's own reference."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.domain import Decision, Intent, LabelSet, Prediction, Score, Signal, Thresholds, Version
from assistant.errors import StoreError
from assistant.monitoring.drift import MONITORS, WINDOW
from assistant.services.watching.drift import LEAST_REFERENCE, Drift
from assistant.store import Store, utc_now

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


def write(store: Store, version: str, rows: int, seed: int, *, away: float = 0.0, disliked: float = 0.0) -> None:
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
                talk, f"message {seed} {number}", decision=Decision.ANSWER,
                prediction=Prediction("", ranked, embedding.tobytes()), encoder=ENCODER,
                thresholds=Thresholds(0.5), intent=ranked[0].intent, version=version,
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
    assert view.note == f"{LEAST_REFERENCE - 1} of {LEAST_REFERENCE} messages to compare with"


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
