"""Sums of the past in the space of another encoder, against the sums of all rows embedded by it."""

from __future__ import annotations

import torch
from torch import Tensor

from assistant.learning.regularizers.statistics import Statistics
from assistant.learning.transport import transported

WIDTH, INTENTS, ROWS = 6, 3, 300
draw = torch.Generator().manual_seed(0)
BEFORE = torch.randn(ROWS, WIDTH, generator=draw)
TARGETS = torch.arange(ROWS) % INTENTS
BEFORE = BEFORE + 2 * torch.randn(INTENTS, WIDTH, generator=draw)[TARGETS]
TURN = torch.eye(WIDTH) + 0.3 * torch.randn(WIDTH, WIDTH, generator=draw)
LINEAR = BEFORE @ TURN + 0.5
CURVED = torch.tanh(LINEAR)


def sums(hidden: Tensor, targets: Tensor = TARGETS) -> Statistics:
    return Statistics.empty(WIDTH, INTENTS).plus(hidden, targets)


def apart(one: Statistics, other: Statistics) -> float:
    """Relative distance of the second moments and the sums."""
    pairs = ((one.gram, other.gram), (one.sums, other.sums))
    return max(float((a - b).norm() / b.norm()) for a, b in pairs)


def test_with_every_row_still_there_the_sums_are_those_of_the_new_space() -> None:
    assert apart(transported(sums(BEFORE), BEFORE, CURVED, TARGETS), sums(CURVED)) < 1e-6


def test_a_linear_drift_is_followed_from_a_few_rows() -> None:
    few = torch.arange(60)
    moved = transported(sums(BEFORE), BEFORE[few], LINEAR[few], TARGETS[few])
    assert apart(moved, sums(LINEAR)) < 0.02 < 0.3 < apart(sums(BEFORE), sums(LINEAR))


def test_a_curved_drift_is_followed_better_than_by_the_few_rows_alone() -> None:
    few = torch.arange(30)
    moved = transported(sums(BEFORE), BEFORE[few], CURVED[few], TARGETS[few])
    alone = sums(CURVED[few], TARGETS[few])
    scaled = Statistics(alone.gram * ROWS / len(few), alone.sums * ROWS / len(few))
    assert apart(moved, sums(CURVED)) < apart(scaled, sums(CURVED))


def test_the_counts_stay_and_the_second_moment_can_be_solved_with() -> None:
    few = torch.arange(4)  # not one for each direction, and one intent with two
    moved = transported(sums(BEFORE), BEFORE[few], CURVED[few], TARGETS[few])
    assert torch.equal(moved.sums[:, -1], sums(BEFORE).sums[:, -1])
    assert moved.gram[-1, -1] == ROWS
    assert torch.linalg.eigvalsh(moved.gram.double()).min() > -1e-3
    assert moved.solution(1e-3).isfinite().all()


def test_rows_that_the_sums_have_not_seen_count_alone() -> None:
    """After a switch of the encoder the sums know only the exemplars, while the shop still has every text."""
    few = torch.arange(30)
    assert apart(transported(sums(BEFORE[few], TARGETS[few]), BEFORE, CURVED, TARGETS), sums(CURVED)) < 1e-6
