"""Which exemplars are kept: herding as published, and at most the budget."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.learning.selection.base import Candidates
from assistant.learning.selection.coreset import CoreSet
from assistant.learning.selection.herding import Herding
from assistant.learning.selection.prioritized import Prioritized
from assistant.learning.selection.random_choice import RandomChoice
from assistant.learning.selection.reservoir import Reservoir
from assistant.learning.selection.ring import Ring
from assistant.model.encoder import Vectors

SEEDS = st.integers(0, 2**31)


def drawn(count: int, seed: int) -> Vectors:
    # Whole numbers: sums are exact, so that both implementations see the same ties.
    return np.random.default_rng(seed).integers(-50, 50, size=(count, 4)).astype(np.float32)


def candidates(
    vectors: Vectors, *, losses: list[float] | None = None, known: int = 0, seen: int = 0, others: Vectors | None = None
) -> Candidates:
    """All of one intent, the last `known` of them exemplars; `others` are rows of other intents in the same pool."""
    count = len(vectors)
    pool = vectors if others is None else np.concatenate([vectors, others])
    return Candidates(
        pool,
        np.arange(count),
        np.array(losses if losses is not None else np.ones(count)),
        np.arange(count) < count - known,
        seen,
    )


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
    vectors = drawn(count, seed)
    selected = Herding().select(candidates(vectors), budget).tolist()
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
    assert Herding().select(candidates(line), 2).tolist() == [1, 2]
    assert herded_by_hand(line, 2) == [1, 2]


@given(count=st.integers(1, 12), budget=st.integers(0, 12), seed=SEEDS)
def test_every_prefix_of_a_herding_is_the_herding_of_that_size(count: int, budget: int, seed: int) -> None:
    these = candidates(drawn(count, seed))
    assert Herding().select(these, budget).tolist() == Herding().select(these, count).tolist()[:budget]


def test_herding_holds_the_class_mean_better_than_chance() -> None:
    vectors = np.random.default_rng(0).normal(size=(200, 16)).astype(np.float32)

    def distance(rows: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> float:
        return float(np.linalg.norm(vectors[rows].mean(axis=0) - vectors.mean(axis=0)))

    by_chance = [distance(RandomChoice(seed).select(candidates(vectors), 20)) for seed in range(50)]
    assert distance(Herding().select(candidates(vectors), 20)) < min(by_chance) / 2


def test_random_choice_gives_every_row_the_same_chance() -> None:
    counts = np.zeros(5)
    for seed in range(2000):
        counts[RandomChoice(seed).select(candidates(drawn(5, 0)), 1)] += 1
    assert even(counts, 2000 / 5, trials=2000)


def even(counts: np.ndarray[tuple[int, ...], np.dtype[np.float64]], expected: float, trials: int) -> bool:
    """Whether binomial counts are within five standard deviations of what is expected."""
    share = expected / trials
    return bool((abs(counts - expected) < 5 * np.sqrt(trials * share * (1 - share))).all())


@pytest.mark.parametrize(("nights", "budget"), [([1, 1], 1), ([1, 1, 1, 1], 1), ([4, 2, 1, 5], 3), ([2, 2], 3)])
def test_a_reservoir_gives_every_row_of_every_night_the_same_chance(nights: list[int], budget: int) -> None:
    """Also the very first one, at the smallest size: a reservoir that never keeps its first row is a known mistake."""
    trials, total = 1000, sum(nights)
    counts = np.zeros(total)
    for seed in range(trials):
        kept: list[int] = []
        seen = 0
        for arriving in nights:
            rows = [*range(seen, seen + arriving), *kept]
            these = candidates(drawn(len(rows), 0), known=len(kept), seen=seen)
            kept = [rows[i] for i in Reservoir(seed).select(these, budget)]
            seen += arriving
        counts[kept] += 1
    assert even(counts, trials * budget / total, trials)


def test_a_reservoir_that_lost_exemplars_or_got_a_larger_budget_is_filled_with_what_there_is() -> None:
    these = candidates(drawn(6, 0), known=2, seen=1000)
    assert sorted(Reservoir().select(these, 10).tolist()) == [0, 1, 2, 3, 4, 5]
    assert set(Reservoir().select(these, 3).tolist()) > {4, 5}  # both stand for a thousand rows; one place is left


def test_a_ring_keeps_the_newest_first_and_the_oldest_leave() -> None:
    """Over three nights of two rows each, numbered by age."""
    kept: list[int] = []
    for night in range(3):
        rows = [2 * night, 2 * night + 1, *kept]
        these = candidates(drawn(len(rows), 0), known=len(kept), seen=2 * night)
        kept = [rows[i] for i in Ring().select(these, 5)]
    assert [row // 2 for row in kept] == [2, 2, 1, 1, 0]


def test_a_ring_does_not_prefer_the_first_of_a_night() -> None:
    firsts = {int(Ring(seed).select(candidates(drawn(9, 0)), 1)[0]) for seed in range(100)}
    assert firsts == set(range(9))


@pytest.mark.parametrize(("alpha", "shares"), [(0.0, [1, 1, 1, 1]), (0.5, [1, 2, 3, 4]), (1.0, [1, 4, 9, 16])])
def test_prioritized_draws_in_proportion_to_the_loss_to_the_power_of_alpha(alpha: float, shares: list[int]) -> None:
    these, trials = candidates(drawn(4, 0), losses=[0.1, 0.4, 0.9, 1.6]), 2000
    counts = np.zeros(4)
    for seed in range(trials):
        counts[Prioritized(alpha, seed).select(these, 1)] += 1
    for count, share in zip(counts, np.array(shares) / sum(shares), strict=True):
        assert count == pytest.approx(trials * share, abs=5 * np.sqrt(trials * share * (1 - share)))


def test_prioritized_takes_rows_without_any_loss_last() -> None:
    these = candidates(drawn(5, 0), losses=[0.0, 3.0, 0.0, 3.0, 3.0])
    assert all(set(Prioritized(1.0, seed).select(these, 3).tolist()) == {1, 3, 4} for seed in range(50))


def test_centres_start_in_the_middle_and_take_the_farthest_next() -> None:
    """The mean is 4; -3 is 7 away from it, 10 then 6; 0 and 7 are 3 away from the nearest kept, and 0 comes first."""
    line = np.array([[4.0], [0.0], [10.0], [7.0], [-3.0], [6.0]], dtype=np.float32)
    assert CoreSet().select(candidates(line), 4).tolist() == [0, 4, 2, 1]


def centres_by_hand(vectors: Vectors, budget: int) -> list[int]:
    """Algorithm 1 of Sener & Savarese: in each round u = argmax_i min_j ‖x_i − x_j‖, j over all that is kept."""
    exact = vectors.astype(np.float64)
    kept = [int(np.linalg.norm(exact - exact.mean(axis=0), axis=1).argmin())]
    while len(kept) < min(budget, len(vectors)):
        radius = {
            i: min(np.square(exact[i] - exact[j]).sum() for j in kept) for i in range(len(exact)) if i not in kept
        }
        kept.append(max(radius, key=lambda row: radius[row]))
    return kept


@given(count=st.integers(1, 16), budget=st.integers(1, 18), seed=SEEDS)
def test_centres_are_those_of_a_naive_implementation(count: int, budget: int, seed: int) -> None:
    vectors = drawn(count, seed)
    assert CoreSet().select(candidates(vectors), budget).tolist() == centres_by_hand(vectors, budget)


@given(count=st.integers(2, 12), budget=st.integers(1, 6), seed=SEEDS)
def test_centres_leave_no_row_twice_as_far_as_the_best_choice_could(count: int, budget: int, seed: int) -> None:
    """Gonzalez' bound, for every other choice of as many rows of which one is drawn here."""
    vectors = drawn(count, seed)

    def radius(rows: list[int]) -> float:
        return float(np.linalg.norm(vectors[:, None] - vectors[rows], axis=2).min(axis=1).max())

    another = np.random.default_rng(seed).permutation(count)[:budget].tolist()
    assert radius(CoreSet().select(candidates(vectors), budget).tolist()) <= 2 * radius(another) + 1e-4


def test_the_boundary_is_where_another_intent_is_near() -> None:
    angles = np.radians([0, 40, 20, 10, 30])
    arc = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    other = np.array([[0.0, 1.0]], dtype=np.float32)
    assert CoreSet("boundary").select(candidates(arc, others=other), 3).tolist() == [1, 4, 2]
    alone = candidates(arc)
    assert CoreSet("boundary").select(alone, 3).tolist() == CoreSet().select(alone, 3).tolist()
