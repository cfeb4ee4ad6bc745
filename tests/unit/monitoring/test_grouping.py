"""How many groups rows are cut into."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.monitoring.grouping import best_cut, ward_tree
from assistant.monitoring.proposals import Matrix
from assistant.monitoring.space import unit

FAR = unit(np.eye(64)[40:41])  # a known intent that none of the rows is near


def rows(groups: int, noise: float) -> Matrix:
    draw = np.random.default_rng(groups)
    return unit(np.repeat(np.eye(64)[:groups], 20, axis=0) + noise * draw.normal(size=(20 * groups, 64)))


def groups_found(said: Matrix, expected: int) -> int:
    return int(best_cut(said, ward_tree(said), FAR, expected).max()) + 1


def test_where_both_counts_agree_that_is_the_number() -> None:
    assert groups_found(rows(12, 0.02), 12) == 12


@pytest.mark.parametrize(("expected", "between"), [(8, 9), (18, 16)])
def test_where_they_differ_the_mean_leans_to_the_expected_one(expected: int, between: int) -> None:
    assert groups_found(rows(12, 0.02), expected) == between


def test_a_silhouette_that_only_rises_does_not_count() -> None:
    """Of 30 groups the silhouette is highest at the largest number that is looked at when 5 are expected."""
    assert groups_found(rows(30, 0.02), 5) == 5
