"""Fits a version's doubt on rows of its own, without any message that has none of the intents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from assistant.model.doubt import Doubt, Scores, energies

FEWEST = 50  # rows; of fewer, scales and threshold would be chance, and the version says that it cannot tell
# How many messages have none of the intents before one has been read. It fixes one point of the trade-off between
# needless rejections and answers to questions that nobody can answer; the score that belongs to it is fitted.
ASSUMED_SHARE = 0.1
SAME = 0.9999  # the cosine from which a learned text is the row itself, which must not vouch for it


def fit_doubt(
    logits: NDArray[np.float32],
    targets: NDArray[np.int64],
    similarities: NDArray[np.float32],
    owners: NDArray[np.int64],
    temperature: float,
    outside: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None,
) -> Doubt | None:
    """The doubt of a version; None where rows or intents are too few.

    Every row is judged twice: as it is, and as if its own intent had never been learned (neither its logit nor its
    texts count). The second is what a message without an intent looks like, and a near one. With labelled messages
    of that kind, `outside` (logits and similarities), these take its place.

    Shapes: logits (rows, intents); targets (rows,), columns of the logits; similarities (rows, references), cosines;
    owners (references,), the intent of each as a column of the logits, or (rows, references) by row.
    """
    if len(targets) < FEWEST or logits.shape[1] < 2:
        return None
    rows = np.arange(len(targets))
    inside = (energies(logits, temperature), _distances(np.where(similarities < SAME, similarities, -1.0)))
    if outside is None:
        hidden = logits.astype(np.float64)
        hidden[rows, targets] = -np.inf
        others = np.where(owners == targets[:, None], -1.0, similarities)
        beyond = (energies(hidden.astype(np.float32), temperature), _distances(others))
    else:
        beyond = (energies(outside[0], temperature), _distances(outside[1]))
    energy, distance = inside
    near, spread = 0.0, 0.0
    if distance is not None and distance.std() > 0:
        near, spread = float(distance.mean()), float(distance.std())
    if energy.std() == 0:
        return None
    draft = Doubt(temperature, float(energy.mean()), float(energy.std()), near, spread, slope=1.0, intercept=0.0)
    slope, intercept = _logistic(draft.joined(*inside), draft.joined(*beyond))
    if slope <= 0:
        return None
    return replace(draft, slope=slope, intercept=intercept + float(logit(ASSUMED_SHARE)))


def _distances(similarities: NDArray[np.float32]) -> Scores | None:
    if not similarities.shape[1]:
        return None
    nearest: Scores = similarities.max(axis=1).astype(np.float64)
    return -nearest


def _logistic(inside: Scores, outside: Scores) -> tuple[float, float]:
    """Slope and intercept of the probability that a score is of `outside`, both sides weighing the same.

    Platt's smoothed targets (1999) keep the slope finite where the sides do not overlap.
    """
    scores = np.concatenate([inside, outside])
    low, high = 1 / (len(inside) + 2), (len(outside) + 1) / (len(outside) + 2)
    targets = np.repeat([low, high], [len(inside), len(outside)])
    weights = np.repeat([0.5 / len(inside), 0.5 / len(outside)], [len(inside), len(outside)])

    def loss(line: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        values = line[0] * scores + line[1]
        error = weights * (expit(values) - targets)
        cost = float((weights * (np.logaddexp(0.0, values) - targets * values)).sum())
        return cost, np.array([(error * scores).sum(), error.sum()])

    slope, intercept = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS").x
    return float(slope), float(intercept)
