"""How much of what lies around messages is known."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from assistant.monitoring.crowding import NEIGHBOURS, crowded, known_shares
from assistant.monitoring.discovery import Anchored
from assistant.monitoring.space import unit
from tests.encoders import CentredEncoder

KNOWN = ("refund", "delivery", "invoice", "size", "colour", "login", "voucher", "stock")
ENCODER = CentredEncoder(dimension=32, spread=0.6)


def test_shares_are_those_of_scikit_learns_neighbours() -> None:
    draw = np.random.default_rng(3)
    known, rows = unit(draw.normal(size=(40, 6))), unit(draw.normal(size=(1100, 6)))
    both = np.concatenate([known, rows])
    found = NearestNeighbors(n_neighbors=NEIGHBOURS + 1, metric="cosine").fit(both).kneighbors(rows)[1][:, 1:]
    expected = (found < len(known)).cumsum(axis=1) / np.arange(1, NEIGHBOURS + 1)
    # Single precision may swap neighbours that are as good as equally near.
    assert np.mean(np.abs(known_shares(rows, known) - expected) > 1e-9) < 1e-3


@pytest.mark.parametrize(("rows", "known", "columns"), [(1, 0, 0), (1, 1, 1), (3, 2, 4), (0, 5, 4)])
def test_few_rows_have_as_many_neighbours_as_there_are(rows: int, known: int, columns: int) -> None:
    draw = np.random.default_rng(0)
    shares = known_shares(unit(draw.normal(size=(rows, 4))), unit(draw.normal(size=(known, 4))))
    assert shares.shape == (rows, columns)
    assert ((shares >= 0) & (shares <= 1)).all()


def test_a_small_group_is_judged_by_as_many_neighbours_as_it_can_fill() -> None:
    shares = np.array([[0.0, 0.5], [0.0, 0.5], [0.2, 0.6], [0.2, 0.6]])
    groups, left = np.array([0, 0, -1, -1]), np.array([2, 3])
    expected = np.array([1.0])
    assert crowded(groups, shares, left, 0.5, expected) == []
    assert crowded(np.zeros(4, dtype=np.int64), shares, left, 0.5, expected) == [0]
    assert crowded(groups, shares, np.array([], dtype=np.int64), 0.5, expected) == []


@pytest.mark.parametrize("busy", [60, 200])
def test_an_intent_that_is_asked_for_all_day_is_not_proposed(busy: int) -> None:
    """Its messages fill groups of their own, in which few of its 20 exemplars are."""
    known = [(topic, f"{topic} number {n}") for topic in KNOWN for n in range(20)]
    said = [f"refund number {n}" for n in range(100, 100 + busy)]
    said += [f"{topic} number {n}" for topic in KNOWN for n in range(50, 56)]
    said += [f"gift number {n}" for n in range(busy // 4)]
    labels = np.array([KNOWN.index(topic) for topic, _ in known])
    groups = Anchored().grouped(ENCODER.embed(said), ENCODER.embed([text for _, text in known]), labels)
    assert {said[row].split()[0] for row in np.flatnonzero(groups >= 0)} == {"gift"}
