"""Fits a version's doubt on rows of its own; messages that have none of the intents help, and are not needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from assistant.model.doubt import Doubt, energies
from assistant.model.encoder import Vectors
from assistant.model.references import References, Scores

FEWEST = 50  # rows; of fewer, scales and threshold would be chance, and the version says that it cannot tell
# How many messages have none of the intents before one has been read. It fixes one point of the trade-off between
# needless rejections and answers to questions that nobody can answer; the score that belongs to it is fitted.
ASSUMED_SHARE = 0.1
MOST_LIKENESS = 0.5  # the weight of the likeness to labelled texts when there are many: a hint beside what was learned


def fit_doubt(
    logits: NDArray[np.float32],
    targets: NDArray[np.int64],
    embeddings: Vectors,
    references: References,
    temperature: float,
    outside: NDArray[np.float32] | None = None,
    width: int = 0,
) -> Doubt | None:
    """The doubt of a version; None where rows or intents are too few.

    Every row is judged twice: as it is, and as if its own intent had never been learned (neither its logit nor its
    texts count). The second is what a message without an intent looks like, and a near one. Messages of that kind
    that people labelled are `references.outside`, with the logits `outside`: what is like them is stranger, and the n
    of them count beside those made up as n beside FEWEST.

    Shapes: logits (rows, intents); targets (rows,), columns of the logits; embeddings (rows, dimension).
    """
    if len(targets) < FEWEST or logits.shape[1] < 2:
        return None
    energy = energies(logits, temperature)
    if energy.std() == 0:
        return None
    near = references.nearness(embeddings, width, itself=False)
    (distance, far), (isolation, lonely), (likeness, like) = map(_scale, near)
    draft = Doubt(
        temperature, float(energy.mean()), float(energy.std()), distance, far, 1.0, 0.0,
        isolation, lonely, likeness, like, MOST_LIKENESS * _trust(len(references.outside)), width,
    )  # fmt: skip
    hidden = logits.copy()
    hidden[np.arange(len(targets)), targets] = -np.inf
    apart = references.nearness(embeddings, width, without=targets, itself=False)
    beyond = [draft.joined(energies(hidden, temperature), apart)]
    if outside is not None and len(outside):
        strange = references.nearness(references.outside, width, itself=False)
        beyond.append(draft.joined(energies(outside, temperature), strange))
    slope, intercept = _logistic(draft.joined(energy, near), beyond)
    if slope <= 0:
        return None
    return replace(draft, slope=slope, intercept=intercept + float(logit(ASSUMED_SHARE)))


def _trust(labelled: int) -> float:
    """What so many labelled messages weigh beside those made up, in [0, 1)."""
    return labelled / (labelled + FEWEST)


def _scale(measure: Scores | None) -> tuple[float, float]:
    """Mean and deviation; 0 and 0 for a measure that says nothing."""
    if measure is None or not len(measure) or measure.std() == 0:
        return 0.0, 0.0
    return float(measure.mean()), float(measure.std())


def _logistic(inside: Scores, outside: list[Scores]) -> tuple[float, float]:
    """Slope and intercept of the probability that a score is of `outside`, both sides weighing the same.

    Of the parts of `outside`, made up and labelled, the second weighs as its number does beside FEWEST. Platt's
    smoothed targets (1999) keep the slope finite where the sides do not overlap.
    """
    trust = _trust(sum(map(len, outside[1:])))
    shares = [1 - trust, trust][: len(outside)]
    scores = np.concatenate([inside, *outside])
    low, high = 1 / (len(inside) + 2), 1 - 1 / (len(scores) - len(inside) + 2)
    targets = np.repeat([low, high], [len(inside), len(scores) - len(inside)])
    parts = [(0.5, len(inside)), *((0.5 * share, len(part)) for share, part in zip(shares, outside, strict=True))]
    weights = np.concatenate([np.full(count, weight / count) for weight, count in parts])

    def loss(line: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        values = line[0] * scores + line[1]
        error = weights * (expit(values) - targets)
        cost = float((weights * (np.logaddexp(0.0, values) - targets * values)).sum())
        return cost, np.array([(error * scores).sum(), error.sum()])

    slope, intercept = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS").x
    return float(slope), float(intercept)
