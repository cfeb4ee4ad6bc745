"""What to label next: the unsure, the typical, the new; and never ten near-copies in a row."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.monitoring.labeling_order import STRATEGIES, density, labelling_values, uncertainty
from assistant.services.benchmarks.labeling import saved

Matrix = NDArray[np.float32]


def unit(rows: NDArray[np.float64]) -> Matrix:
    scaled: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def messages(seed: int = 0, rows: int = 60) -> tuple[Matrix, Matrix]:
    """Probabilities of four intents, and embeddings."""
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(4), rows).astype(np.float32), unit(rng.normal(size=(rows, 16)))


NOTHING = np.zeros((0, 16), dtype=np.float32)


def test_values_are_shares_and_do_not_depend_on_the_order_of_the_messages() -> None:
    shares, vectors = messages()
    values = labelling_values(shares, vectors, NOTHING)
    assert ((values >= 0) & (values <= 1)).all()
    order = np.random.default_rng(1).permutation(len(values))
    assert labelling_values(shares[order], vectors[order], NOTHING) == pytest.approx(values[order], abs=1e-5)


def test_of_equal_messages_the_least_sure_is_worth_most() -> None:
    _, vectors = messages(rows=3)
    vectors = np.repeat(vectors[:1], 3, axis=0)
    shares = np.array([[0.9, 0.1], [0.5, 0.5], [0.7, 0.3]], dtype=np.float32)
    others = messages(5)[1]
    pool = np.concatenate([vectors, others])
    sure = np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (len(others), 1))
    assert labelling_values(np.concatenate([shares, sure]), pool, NOTHING).argmax() == 1


def test_what_is_labelled_already_teaches_nothing_new() -> None:
    shares, vectors = messages()
    first = int(labelling_values(shares, vectors, NOTHING).argmax())
    values = labelling_values(shares, vectors, vectors[first : first + 1])
    assert values[first] == pytest.approx(0.0, abs=1e-5)


def test_ten_near_copies_are_not_asked_for_in_a_row() -> None:
    rng = np.random.default_rng(3)
    copies = unit(np.eye(1, 16) + 0.01 * rng.normal(size=(10, 16)))
    vectors = np.concatenate([copies, messages(4, rows=40)[1]])
    shares = np.full((50, 4), 0.25, dtype=np.float32)
    order = np.argsort(-labelling_values(shares, vectors, NOTHING), kind="stable")
    assert (order[:20] < 10).sum() == 1


def test_intents_take_turns() -> None:
    """Thirty messages seem to be of one intent and ten of another; none is like any other."""
    vectors = np.eye(40, dtype=np.float32)
    shares = np.repeat(np.array([[0.5, 0.3, 0.1, 0.1], [0.1, 0.1, 0.5, 0.3]], dtype=np.float32), [30, 10], axis=0)
    order = np.argsort(-labelling_values(shares, vectors, np.zeros((0, 40), dtype=np.float32)), kind="stable")
    assert 8 <= (order[:16] >= 30).sum() <= 9


def test_a_message_like_many_others_is_denser_than_one_apart() -> None:
    rng = np.random.default_rng(0)
    crowd = unit(np.eye(1, 16) + 0.1 * rng.normal(size=(20, 16)))
    apart = unit(np.eye(16)[[7]] + 0.1 * rng.normal(size=(1, 16)))
    found = density(np.concatenate([crowd, apart]))
    assert found[:20].min() > found[20]


def test_a_model_of_one_intent_is_never_unsure() -> None:
    assert uncertainty(np.ones((3, 1), dtype=np.float32)).tolist() == [0, 0, 0]
    assert labelling_values(np.ones((0, 1), dtype=np.float32), NOTHING, NOTHING).shape == (0,)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_asks_for_as_many_different_messages_as_it_is_told(name: str) -> None:
    shares, vectors = messages()
    chosen = list(STRATEGIES[name](shares, vectors, vectors[:5], 12, np.random.default_rng(0)))
    assert len(set(chosen)) == len(chosen) == 12


@pytest.mark.parametrize(
    ("ours", "share"), [([80, 90, 92], 0.5), ([80, 85, 90], 0.0), ([80, 81, 89], None), ([80, 100, 90], 0.75)]
)
def test_what_is_saved_is_read_off_the_curve(ours: list[float], share: float | None) -> None:
    assert saved([0, 100, 200], ours, [80, 85, 90]) == (None if share is None else pytest.approx(share))
