"""Which labels are probably wrong: confident learning (Northcutt et al. 2021) on embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RIDGES = (0.3, 1.0, 3.0, 10.0)
SHARPNESS = (4.0, 8.0, 15.0, 30.0)
LEAST = 2  # rows of an intent without which nothing can be said of it
JUDGED = 1000  # about so many rows choose ridge and sharpness: two numbers, for which more are a waste of time

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SuspectLabel:
    """The row, the intent that the others say it has, and how much likelier that is than its own, in [0, 1]."""

    row: int
    suggested: str
    score: float


def suspect_labels(intents: Sequence[str], vectors: NDArray[np.float32]) -> list[SuspectLabel]:
    """Rows whose label the other rows contradict with confidence, the clearest first.

    A row is suspect when another intent is its likeliest, and at least as likely as that intent is on average for
    rows that carry it. Probabilities of a row come from all rows but itself. Shape of vectors: (rows, dimension).
    """
    names, labels = np.unique(list(intents), return_inverse=True)
    if len(names) < 2:
        return []
    shares = left_out_probabilities(labels, vectors)
    rows = np.arange(len(labels))
    own = shares[rows, labels]
    usual = np.array([own[labels == intent].mean() for intent in range(len(names))])
    counts = np.bincount(labels)
    best = shares.argmax(axis=1)
    found = (best != labels) & (shares[rows, best] >= usual[best]) & (counts[labels] >= LEAST) & (counts[best] >= LEAST)
    margins = shares[rows, best] - own
    order = rows[found][np.argsort(-margins[found], kind="stable")]
    return [SuspectLabel(int(row), str(names[best[row]]), float(margins[row])) for row in order]


def left_out_probabilities(labels: NDArray[np.int64], vectors: NDArray[np.float32]) -> Floats:
    """What all other rows say of each row: ridge regression on the labels with each row left out, in closed form.

    The ridge and the sharpness of the softmax are those under which the given labels are likeliest: most are right.
    Shape: (rows, intents); rows sum to 1.
    """
    centred = vectors - vectors.mean(axis=0, dtype=np.float64)
    targets = np.eye(int(labels.max()) + 1)[labels]
    mean = targets.mean(axis=0)
    values, directions = np.linalg.eigh(centred.T @ centred)
    projected = centred @ directions
    together = projected.T @ (targets - mean)

    def left_out(rows: slice, ridge: float) -> Floats:
        weighted = projected[rows] / (np.maximum(values, 0.0) + ridge)
        leverage = np.minimum((weighted * projected[rows]).sum(axis=1) + 1.0 / len(labels), 1 - 1e-9)[:, None]
        scores: Floats = (weighted @ together + mean - leverage * targets[rows]) / (1.0 - leverage)
        return scores

    some = slice(None, None, max(1, len(labels) // JUDGED))
    losses = {}
    for ridge in RIDGES:
        scores = left_out(some, ridge)
        for sharpness in SHARPNESS:
            shares = _shares(scores, sharpness)
            own = shares[np.arange(len(shares)), labels[some]]
            losses[ridge, sharpness] = -np.log(np.maximum(own, 1e-12)).mean()
    ridge, sharpness = min(losses, key=lambda pair: losses[pair])
    return _shares(left_out(slice(None), ridge), sharpness)


def _shares(scores: Floats, sharpness: float) -> Floats:
    shares: Floats = np.exp(sharpness * (scores - scores.max(axis=1, keepdims=True)))
    shares /= shares.sum(axis=1, keepdims=True)
    return shares
