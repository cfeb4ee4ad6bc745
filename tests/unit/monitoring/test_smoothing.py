"""Messages move towards those that resemble them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from assistant.monitoring import smoothing
from assistant.monitoring.discovery import Anchored
from assistant.monitoring.proposals import Features, Matrix
from assistant.monitoring.smoothing import SHARE, smoothed
from assistant.monitoring.space import Labels, unit


def clouds(groups: int = 4, rows: int = 30, dimension: int = 60, spread: float = 0.3) -> tuple[Matrix, Labels]:
    """Rows around `groups` orthogonal centres, and the group of each."""
    draw = np.random.default_rng(0)
    labels = np.repeat(np.arange(groups), rows)
    return np.eye(dimension)[labels] + spread * draw.standard_normal((len(labels), dimension)), labels


def apart(rows: Matrix, labels: Labels) -> float:
    """The variation between the groups as a multiple of that within them."""
    means = np.array([rows[labels == label].mean(axis=0) for label in np.unique(labels)])[labels]
    return float(means.var(axis=0).sum() / (rows - means).var(axis=0).sum())


def test_what_differs_among_messages_of_a_kind_averages_out() -> None:
    rows, labels = clouds()
    assert apart(smoothed(rows, rows), labels) > 1.4 * apart(rows, labels)


def test_who_the_neighbours_are_is_told_by_the_other_rows() -> None:
    rows, labels = clouds(spread=3.0)  # too noisy to tell by themselves
    told = np.eye(4)[labels]
    assert apart(smoothed(rows, told), labels) > 1.2 * apart(smoothed(rows, rows), labels)


def test_every_message_goes_its_share_of_the_way_to_the_mean_of_its_neighbours() -> None:
    rows = np.array([[1.0, 0.0], [1.0, 0.2]])
    assert smoothed(rows, rows) == pytest.approx(np.array([[1.0, 0.2 * SHARE], [1.0, 0.2 * (1 - SHARE)]]))


@pytest.mark.parametrize("rows", [np.eye(3), np.ones((4, 3)), np.ones((1, 3)), np.zeros((0, 3)), np.zeros((3, 3))])
def test_a_message_that_resembles_none_stays_and_so_do_equal_ones(rows: Matrix) -> None:
    assert smoothed(rows, rows) == pytest.approx(rows)


def test_the_order_of_the_messages_does_not_matter() -> None:
    rows, _ = clouds()
    order = np.random.default_rng(1).permutation(len(rows))
    assert smoothed(rows, rows)[order] == pytest.approx(smoothed(rows[order], rows[order]))


def found(seed: int) -> float:
    """How well eight topics in much noise are told apart (adjusted Rand index), sixteen intents being known."""
    draw = np.random.default_rng(seed)
    centres = unit(draw.standard_normal((24, 96)))

    def said(intents: Labels, rows: int) -> tuple[Features, Labels]:
        labels = np.repeat(intents, rows)
        return unit(centres[labels] + 0.245 * draw.standard_normal((len(labels), 96))).astype(np.float32), labels

    (known, labels), (new, topics), (more, _) = (
        said(np.arange(*which), rows) for which, rows in (((16,), 20), ((16, 24), 40), ((16,), 6))
    )
    groups = Anchored().grouped(np.concatenate([new, more]), known, labels)
    return float(adjusted_rand_score(topics, groups[: len(topics)]))


def test_topics_are_found_in_noise_because_messages_have_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = [found(seed) for seed in range(3)]
    monkeypatch.setattr(smoothing, "SHARE", 0.0)
    assert np.mean(moved) > np.mean([found(seed) for seed in range(3)]) + 0.1
