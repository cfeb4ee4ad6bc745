"""The radius of a correction is fitted on what a version remembers."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.monitoring.radius import fitted_radius


def clusters(per_intent: int, noise: float, seed: int = 0) -> tuple[list[str], NDArray[np.float32]]:
    """Five intents around directions of their own."""
    rng = np.random.RandomState(seed)
    centres = np.eye(5, 16)
    rows = np.repeat(centres, per_intent, axis=0) + noise * rng.normal(size=(5 * per_intent, 16))
    names = [f"intent {n // per_intent}" for n in range(5 * per_intent)]
    return names, (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_practically_no_remembered_message_has_another_intent_within_the_radius() -> None:
    intents, vectors = clusters(60, 0.3)
    radius = fitted_radius(intents, vectors)
    assert radius is not None
    labels = np.array(intents)
    other = np.where(labels[:, None] == labels[None], -1.0, vectors @ vectors.T).max(axis=1)
    assert (other >= radius).mean() <= 0.01
    assert radius < other.max() + 1e-6


def test_intents_that_lie_closer_together_make_the_radius_smaller() -> None:
    apart, close = fitted_radius(*clusters(40, 0.1)), fitted_radius(*clusters(40, 0.4))
    assert apart is not None
    assert close is not None
    assert apart < close


def test_one_wrong_label_among_many_does_not_close_the_radius() -> None:
    intents, vectors = clusters(100, 0.2)
    doubled: NDArray[np.float32] = np.concatenate([vectors, vectors[:1]])
    radius = fitted_radius([*intents, "intent 4"], doubled)
    assert radius is not None
    assert radius < 0.95


@pytest.mark.parametrize("count", [0, 3])
def test_without_two_intents_there_is_no_radius(count: int) -> None:
    assert fitted_radius(["refund"] * count, np.full((count, 4), 0.5, dtype=np.float32)) is None


def test_a_large_memory_is_looked_at_in_part_and_says_the_same() -> None:
    whole = fitted_radius(*clusters(399, 0.3))
    sampled = fitted_radius(*clusters(1000, 0.3))
    assert whole is not None
    assert sampled == pytest.approx(whole, abs=0.06)
