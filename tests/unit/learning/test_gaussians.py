"""A Gaussian knows what all rows together would say, and draws rows like those it was made of."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from assistant.learning.gaussians import DIRECTIONS, LEAST_ROWS, Gaussian, drawn, with_rows
from assistant.model.encoder import Vectors

DRAW = np.random.default_rng(0)
TURN = DRAW.normal(size=(6, 6))
NAMES = ("refund", "delivery")


def unit(count: int, intent: int) -> Vectors:
    """Unit vectors around a direction of the intent's own, with correlated coordinates."""
    rows = np.eye(6)[intent] * 6 + DRAW.normal(size=(count, 6)) @ TURN * 0.3
    vectors: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return vectors


ROWS = np.concatenate([unit(400, 0), unit(300, 1)])
LABELS = ["refund"] * 400 + ["delivery"] * 300
ALL = with_rows({}, LABELS, ROWS)
ONE = ALL["refund"]


def covariance(one: Gaussian) -> NDArray[np.float64]:
    directions = one.directions.astype(np.float64)
    return directions.T @ directions


def test_two_nights_give_what_one_would_and_the_order_does_not_matter() -> None:
    order = DRAW.permutation(700)
    nights: dict[str, Gaussian] = {}
    for night in (order[:250], order[250:]):
        nights = with_rows(nights, [LABELS[i] for i in night], ROWS[night])
    for intent in NAMES:
        assert nights[intent].count == ALL[intent].count
        assert nights[intent].mean == pytest.approx(ALL[intent].mean, abs=2e-3)
        assert covariance(nights[intent]) == pytest.approx(covariance(ALL[intent]), abs=2e-3)


def test_the_mean_is_that_of_the_rows_and_so_is_the_covariance_where_no_direction_is_left_out() -> None:
    assert ONE.count == 400
    assert ONE.mean == pytest.approx(ROWS[:400].mean(axis=0), abs=1e-3)
    assert covariance(ONE) == pytest.approx(np.cov(ROWS[:400].T, bias=True), abs=1e-3)


def test_the_directions_are_the_leading_principal_ones_that_scikit_learn_finds() -> None:
    wide = (DRAW.normal(size=(60, 40)) * np.linspace(3, 0.1, 40)).astype(np.float32)
    fitted = PCA(DIRECTIONS).fit(wide.astype(np.float64))
    spread = fitted.components_.T * fitted.explained_variance_ * (59 / 60) @ fitted.components_
    assert covariance(Gaussian.of(wide)) == pytest.approx(spread, abs=0.02)


def test_an_intent_of_thousands_of_rows_is_summed_up_in_seconds() -> None:
    """Their scatter by rows would take minutes, and its numbers some 300 MB."""
    many = (DRAW.normal(size=(6000, 48)) * np.linspace(3, 0.1, 48)).astype(np.float32)
    started = time.process_time()
    found = covariance(Gaussian.of(many))
    assert time.process_time() - started < 3
    values, turns = np.linalg.eigh(np.cov(many.T, bias=True))
    leading = turns[:, -DIRECTIONS:]
    assert found == pytest.approx(leading * values[-DIRECTIONS:] @ leading.T, abs=0.02)


def test_a_few_rows_leave_half_as_many_directions_so_that_none_can_be_told_from_the_others() -> None:
    assert [len(Gaussian.of(unit(count, 0)).directions) for count in (5, 6, 9)] == [2, 3, 4]
    wide = DRAW.normal(size=(100, 40)).astype(np.float32)
    assert len(Gaussian.of(wide).directions) == DIRECTIONS


@pytest.mark.parametrize(("intent", "rows"), [("refund", ROWS[:400]), ("delivery", ROWS[400:])])
def test_pseudo_rows_have_unit_length_and_the_mean_and_covariance_of_the_rows(intent: str, rows: Vectors) -> None:
    names, made = drawn(ALL, {intent: 20_000}, [1])
    assert set(names) == {intent}
    assert np.linalg.norm(made, axis=1) == pytest.approx(np.ones(20_000), abs=1e-5)
    assert made.mean(axis=0) == pytest.approx(rows.mean(axis=0), abs=0.02)
    assert np.cov(made.T) == pytest.approx(np.cov(rows.T), abs=0.25 * float(rows.var(axis=0).max()))


def test_equal_seeds_draw_equal_rows_and_others_draw_others_and_so_does_the_next_night() -> None:
    once = drawn(ALL, {"refund": 3}, [1, 2])[1]
    assert np.array_equal(once, drawn(ALL, {"refund": 3}, [1, 2])[1])
    assert not np.array_equal(once, drawn(ALL, {"refund": 3}, [1, 3])[1])
    later = with_rows(ALL, ["delivery"], unit(1, 1))
    assert not np.array_equal(once, drawn(later, {"refund": 3}, [1, 2])[1])


def test_what_is_drawn_was_never_a_row() -> None:
    _, made = drawn(ALL, dict.fromkeys(NAMES, 200), [1])
    assert float((made @ ROWS.T).max()) < 1 - 1e-6


def test_an_intent_of_too_few_rows_is_not_taken_in_since_its_mean_would_be_a_message() -> None:
    few = ["gift"] * (LEAST_ROWS - 1)
    assert with_rows(ALL, few, unit(len(few), 2)).keys() == ALL.keys()
    assert "gift" in with_rows(ALL, [*few, "gift"], unit(LEAST_ROWS, 2))


def test_nothing_is_drawn_of_intents_that_are_not_known() -> None:
    names, made = drawn(ALL, {"gift": 5, "refund": 0, "delivery": -1}, [1])
    assert (names, len(made)) == ((), 0)


@pytest.mark.parametrize(
    ("part", "value", "told"),
    [
        ("count", 0, "directions of 0 row"),
        ("count", 3, "6 directions of 3 row"),
        ("mean", ONE.mean * np.float16(np.nan), "not finite"),
        ("mean", ONE.mean.astype(np.float64), "float64"),
        ("directions", ONE.directions[:, 1:], "shapes"),
    ],
)
def test_what_cannot_come_of_rows_is_refused(part: str, value: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        replace(ONE, **{part: value})  # type: ignore[arg-type]
