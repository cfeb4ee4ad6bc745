"""Sums of the past in the space of another encoder, against the sums of all rows embedded by it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from assistant.learning import transport
from assistant.learning.gaussians import with_rows
from assistant.learning.regularizers.ewc_exact import RIDGES
from assistant.learning.regularizers.statistics import Statistics
from assistant.learning.transport import transported

WIDTH, INTENTS, ROWS = 6, 3, 300
draw = torch.Generator().manual_seed(0)
BEFORE = torch.randn(ROWS, WIDTH, generator=draw)
TARGETS = torch.arange(ROWS) % INTENTS
BEFORE = BEFORE + 2 * torch.randn(INTENTS, WIDTH, generator=draw)[TARGETS]
TURN = torch.eye(WIDTH) + 0.3 * torch.randn(WIDTH, WIDTH, generator=draw)
LINEAR = BEFORE @ TURN + 0.5
CURVED = BEFORE + 0.5 * torch.tanh(LINEAR)


def sums(hidden: Tensor, targets: Tensor = TARGETS) -> Statistics:
    return Statistics.empty(WIDTH, INTENTS).plus(hidden, targets)


def apart(one: Statistics, other: Statistics) -> float:
    """Relative distance of the second moments and the sums."""
    pairs = ((one.gram, other.gram), (one.sums, other.sums))
    return max(float((a - b).norm() / b.norm()) for a, b in pairs)


def moved(few: Tensor, after: Tensor) -> Statistics:
    """All sums in the new space: those of the few rows that are still there, and what is told of the rest."""
    return transported(sums(BEFORE), BEFORE[few], after[few], TARGETS[few]).plus(after[few], TARGETS[few])


def test_nothing_is_told_of_rows_that_are_all_there() -> None:
    assert not transported(sums(BEFORE), BEFORE, CURVED, TARGETS).gram.any()


def test_a_linear_drift_is_followed_from_a_few_rows() -> None:
    followed = apart(moved(torch.arange(60), LINEAR), sums(LINEAR))
    assert followed < 0.05 < 0.3 < apart(sums(BEFORE), sums(LINEAR))


def test_a_curved_drift_is_followed_better_than_by_the_few_rows_alone() -> None:
    few = torch.arange(30)
    alone = sums(CURVED[few], TARGETS[few])
    scaled = Statistics(alone.gram * ROWS / len(few), alone.sums * ROWS / len(few))
    assert apart(moved(few, CURVED), sums(CURVED)) < apart(scaled, sums(CURVED))


def test_what_is_left_of_a_single_row_among_many_can_be_solved_with() -> None:
    """Such as one whose text was erased: what single precision lost of the sums of all is more than its ridge."""
    wide, targets = 300, torch.arange(100 * ROWS) % INTENTS
    before = torch.randn(len(targets), wide, generator=draw).tanh()
    past = Statistics.empty(wide, INTENTS).plus(before, targets)
    rest = transported(past, before[1:], before[1:], targets[1:])
    assert rest.sums[:, -1].tolist() == [1.0, 0.0, 0.0]
    assert torch.isfinite(rest.solution(RIDGES[0])).all()


def test_the_counts_stay_and_the_second_moment_can_be_solved_with() -> None:
    few = torch.arange(4)  # not one for each direction, and one intent with two
    there = moved(few, CURVED)
    assert torch.equal(there.sums[:, -1], sums(BEFORE).sums[:, -1])
    assert there.gram[-1, -1] == ROWS
    assert torch.linalg.eigvalsh(there.gram.double()).min() > -1e-3
    assert there.solution(1e-3).isfinite().all()


def test_rows_that_the_sums_have_not_seen_count_alone() -> None:
    """After a switch of the encoder the sums know only the exemplars, while the shop still has every text."""
    few = torch.arange(30)
    assert not transported(sums(BEFORE[few], TARGETS[few]), BEFORE, CURVED, TARGETS).gram.any()


def test_gaussians_follow_the_drift_of_their_rows() -> None:
    names = [f"intent {target}" for target in TARGETS.tolist()]
    before, there = with_rows({}, names, BEFORE.numpy()), with_rows({}, names, LINEAR.numpy())
    few = slice(0, 60)
    moved = transport.moved(before, BEFORE[few].numpy(), LINEAR[few].numpy(), names[few])
    for name in set(names):
        assert moved[name].count == before[name].count
        stayed, followed = (np.linalg.norm(one[name].mean - there[name].mean) for one in (before, moved))
        assert followed < 0.1 * stayed
        spreads = [one[name].directions.astype(float).T @ one[name].directions for one in (before, moved, there)]
        assert np.linalg.norm(spreads[1] - spreads[2]) < 0.6 * np.linalg.norm(spreads[0] - spreads[2])
