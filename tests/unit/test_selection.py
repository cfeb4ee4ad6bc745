"""Which exemplars are kept: herding as published, and at most the budget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.learning.selection import SELECTORS, Herding, RandomChoice
from assistant.learning.update import Learner, update
from assistant.model.encoder import Vectors
from assistant.strategies import Spec, build
from tests.synthetic import WordEncoder, plan, rows

SEEDS = st.integers(0, 2**31)


def candidates(count: int, seed: int) -> Vectors:
    # Whole numbers: sums are exact, so that both implementations see the same ties.
    return np.random.default_rng(seed).integers(-50, 50, size=(count, 4)).astype(np.float32)


def herded_by_hand(vectors: Vectors, budget: int) -> list[int]:
    """Algorithm 4 of iCaRL, read off the paper: in each round the candidate whose addition brings the mean closest."""
    mean = vectors.astype(np.float64).mean(axis=0)
    kept: list[int] = []
    while len(kept) < min(budget, len(vectors)):
        best, least = -1, np.inf
        for row in range(len(vectors)):
            if row not in kept:
                distance = float(np.linalg.norm(mean - vectors[[*kept, row]].astype(np.float64).mean(axis=0)))
                if distance < least - 1e-9:
                    best, least = row, distance
        kept.append(best)
    return kept


@given(count=st.integers(1, 12), budget=st.integers(1, 14), seed=SEEDS)
def test_herding_keeps_the_mean_as_close_as_a_naive_implementation_does(count: int, budget: int, seed: int) -> None:
    vectors = candidates(count, seed)
    selected = Herding().select(vectors, budget).tolist()
    expected = herded_by_hand(vectors, budget)
    assert len(selected) == len(set(selected)) == min(budget, count)
    mean = vectors.mean(axis=0)
    if selected != expected:  # only a tie, in exact arithmetic, may be broken another way
        first = next(i for i, pair in enumerate(zip(selected, expected, strict=True)) if pair[0] != pair[1]) + 1
        distances = [np.linalg.norm(mean - vectors[list(rows[:first])].mean(axis=0)) for rows in (selected, expected)]
        assert distances[0] == pytest.approx(distances[1], rel=1e-4, abs=1e-4)


def test_herding_takes_what_a_hand_calculation_takes() -> None:
    """Mean 3: first 4 (distance 1; the tie with 2 goes to the first), then 2 ((4+2)/2 = 3), then 6 ((4+2+6)/3 = 4)."""
    line = np.array([[0.0], [4.0], [2.0], [6.0]], dtype=np.float32)
    assert Herding().select(line, 2).tolist() == [1, 2]
    assert herded_by_hand(line, 2) == [1, 2]


@given(count=st.integers(1, 12), budget=st.integers(0, 12), seed=SEEDS)
def test_every_prefix_of_a_herding_is_the_herding_of_that_size(count: int, budget: int, seed: int) -> None:
    vectors = candidates(count, seed)
    assert Herding().select(vectors, budget).tolist() == Herding().select(vectors, count).tolist()[:budget]


def test_herding_holds_the_class_mean_better_than_chance() -> None:
    vectors = np.random.default_rng(0).normal(size=(200, 16)).astype(np.float32)

    def distance(rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> float:
        return float(np.linalg.norm(vectors[rows].mean(axis=0) - vectors.mean(axis=0)))

    by_chance = [distance(RandomChoice(seed).select(vectors, 20)) for seed in range(50)]
    assert distance(Herding().select(vectors, 20)) < min(by_chance) / 2


@pytest.mark.parametrize("name", SELECTORS)
@given(count=st.integers(0, 8), budget=st.integers(0, 12), seed=SEEDS)
def test_a_selector_gives_distinct_rows_within_the_budget_and_all_when_they_fit(
    name: str, count: int, budget: int, seed: int
) -> None:
    if not count:
        return  # an intent without candidates is never asked about
    vectors = candidates(count, seed)
    selected = build(SELECTORS, Spec(name=name)).select(vectors, budget)
    assert selected.dtype == np.int64
    assert len(set(selected.tolist())) == len(selected) == min(count, budget)
    assert set(selected.tolist()) <= set(range(count))


def test_random_choice_repeats_with_its_seed_and_differs_between_seeds() -> None:
    vectors = candidates(30, 0)
    assert RandomChoice(1).select(vectors, 5).tolist() == RandomChoice(1).select(vectors, 5).tolist()
    assert RandomChoice(1).select(vectors, 5).tolist() != RandomChoice(2).select(vectors, 5).tolist()


def test_random_choice_gives_every_row_the_same_chance() -> None:
    """Also the first: a reservoir that can never keep its first item is a known mistake."""
    counts = np.zeros(5)
    for seed in range(2000):
        counts[RandomChoice(seed).select(candidates(5, 0), 1)] += 1
    assert (abs(counts - 400) < 5 * np.sqrt(2000 * 0.2 * 0.8)).all()


@pytest.mark.parametrize("name", SELECTORS)
def test_a_memory_keeps_twenty_exemplars_of_an_intent_and_no_more(name: str) -> None:
    """Twenty is the plan's default; 30 arrive, and 30 more at the next update."""
    twenty = plan("none", name, least_steps=1)
    assert twenty.memory == 20
    learner = Learner.untrained(WordEncoder(), twenty)
    for start in (0, 30):
        learner = update(learner, rows("refund", "delivery", count=30, start=start), twenty)
        assert [learner.memory.intents.count(i) for i in ("refund", "delivery")] == [20, 20]
        assert len(set(learner.memory.texts)) == 40
