"""Gaussians know what all rows together would say, and draw rows like those they were made of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.mixture import GaussianMixture

from assistant.learning.gaussians import LEAST_ROWS, Gaussians
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
ALL = Gaussians.none(6).plus(LABELS, ROWS)


def test_two_nights_give_what_one_would_and_the_order_does_not_matter() -> None:
    order = DRAW.permutation(700)
    early, late = order[:250], order[250:]
    nights = Gaussians.none(6).plus([LABELS[i] for i in early], ROWS[early]).plus([LABELS[i] for i in late], ROWS[late])
    for part in ("counts", "means", "variances", "scatter"):
        assert getattr(nights, part) == pytest.approx(getattr(ALL, part), rel=1e-4, abs=1e-4)
    assert nights.intents == ALL.intents


def test_means_and_variances_are_those_of_the_rows() -> None:
    at = ALL.intents.index("refund")
    assert ALL.counts[at] == 400
    assert ALL.means[at] == pytest.approx(ROWS[:400].mean(axis=0), abs=1e-5)
    assert ALL.variances[at] == pytest.approx(ROWS[:400].var(axis=0), rel=1e-3)


@pytest.mark.parametrize(("intent", "rows"), [("refund", ROWS[:400]), ("delivery", ROWS[400:])])
def test_each_is_the_gaussian_that_scikit_learn_fits_to_its_rows(intent: str, rows: Vectors) -> None:
    fitted = GaussianMixture(covariance_type="diag", reg_covar=0.0).fit(rows.astype(np.float64))
    at = ALL.intents.index(intent)
    assert ALL.means[at] == pytest.approx(fitted.means_[0], abs=1e-6)
    assert ALL.variances[at] == pytest.approx(fitted.covariances_[0], rel=1e-4)


def test_the_shared_scatter_is_the_pooled_covariance_of_linear_discriminant_analysis() -> None:
    fitted = LinearDiscriminantAnalysis(solver="lsqr", store_covariance=True).fit(ROWS.astype(np.float64), LABELS)
    pooled = np.zeros((6, 6))
    pooled[np.tril_indices(6)] = ALL.scatter / len(ROWS)
    assert pooled == pytest.approx(np.tril(fitted.covariance_), rel=1e-4, abs=1e-7)


@pytest.mark.parametrize(("intent", "rows"), [("refund", ROWS[:400]), ("delivery", ROWS[400:])])
def test_pseudo_rows_have_unit_length_and_the_mean_and_covariance_of_the_rows(intent: str, rows: Vectors) -> None:
    names, drawn = ALL.drawn({intent: 20_000}, [1])
    assert set(names) == {intent}
    assert np.linalg.norm(drawn, axis=1) == pytest.approx(np.ones(20_000), abs=1e-5)
    assert drawn.mean(axis=0) == pytest.approx(rows.mean(axis=0), abs=0.02)
    assert np.cov(drawn.T) == pytest.approx(np.cov(rows.T), abs=0.25 * float(rows.var(axis=0).max()))


def test_equal_seeds_draw_equal_rows_and_others_draw_others() -> None:
    assert np.array_equal(ALL.drawn({"refund": 3}, [1, 2])[1], ALL.drawn({"refund": 3}, [1, 2])[1])
    assert not np.array_equal(ALL.drawn({"refund": 3}, [1, 2])[1], ALL.drawn({"refund": 3}, [1, 3])[1])


def test_what_is_drawn_was_never_a_row() -> None:
    _, drawn = ALL.drawn(dict.fromkeys(NAMES, 200), [1])
    assert float((drawn @ ROWS.T).max()) < 1 - 1e-6


def test_an_intent_of_too_few_rows_is_not_taken_in_since_its_mean_would_be_a_message() -> None:
    few = ["gift"] * (LEAST_ROWS - 1)
    assert ALL.plus(few, unit(len(few), 2)).intents == ALL.intents
    assert "gift" in ALL.plus([*few, "gift"], unit(LEAST_ROWS, 2)).intents


def test_nothing_is_drawn_of_intents_that_are_not_known_and_none_leave_alone_the_others() -> None:
    names, drawn = ALL.drawn({"gift": 5}, [1])
    assert (names, drawn.shape) == ((), (0, 6))
    assert ALL.without({"refund"}).intents == ("delivery",)
    assert Gaussians.none(6).drawn({"refund": 5}, [1])[1].shape == (0, 6)


@pytest.mark.parametrize(
    ("part", "value", "told"),
    [
        ("counts", np.array([1], dtype=np.int64), "of 2 intents have arrays of the shapes"),
        ("counts", np.array([400, 0], dtype=np.int64), "a count below 1"),
        ("variances", -ALL.variances, "a negative variance"),
        ("means", ALL.means * np.float32(np.nan), "not finite"),
        ("means", ALL.means.astype(np.float64), "float64"),
        ("scatter", ALL.scatter[1:], "shapes"),
    ],
)
def test_what_cannot_come_of_rows_is_refused(part: str, value: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        replace(ALL, **{part: value})  # type: ignore[arg-type]
