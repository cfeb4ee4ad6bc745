"""New rows whose neighbours say that their label is wrong, to be looked at before anything learns them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.model.encoder import Vectors

NEIGHBOURS = 10
LEAST_OTHERS = 5  # rows an intent needs besides the judged one: before, to be unlike all others is to be new
CHUNK = 1024  # rows compared at a time, so that a large import needs little room


def suspicion(
    intents: Sequence[str], vectors: Vectors, past: Sequence[str], past_vectors: Vectors
) -> NDArray[np.float64]:
    """How strongly the nearest rows contradict each new label, from -1 (all agree) to 1 (all are of one other intent).

    The neighbours are the nearest by cosine among the other new rows and the `past`, each weighing its similarity
    (Wilson 1972, edited nearest neighbours): the share of the strongest other intent, less that of the row's own. A row
    whose intent has fewer than LEAST_OTHERS other rows cannot be judged and gets -1. Shape of the result: (rows,).
    """
    names, labels = np.unique([*intents, *past], return_inverse=True)
    pool = np.concatenate([vectors, past_vectors])
    count = min(NEIGHBOURS, len(pool) - 1)
    grades = np.full(len(intents), -1.0)
    for start in range(0, len(intents), CHUNK):
        rows = np.arange(start, min(start + CHUNK, len(intents)))
        places = np.arange(len(rows))
        similarities = vectors[rows] @ pool.T
        similarities[places, rows] = -np.inf
        count = min(NEIGHBOURS, len(pool) - 1)
        nearest = (
            np.argpartition(-similarities, count - 1, axis=1)[:, :count] if count else np.empty((len(rows), 0), int)
        )
        weights = np.maximum(np.take_along_axis(similarities, nearest, axis=1), 1e-12)
        shares = np.zeros((len(rows), len(names)))
        np.add.at(shares, (places[:, None], labels[nearest]), weights)
        shares /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
        own = shares[places, labels[rows]].copy()
        shares[places, labels[rows]] = 0.0
        grades[rows] = shares.max(axis=1) - own
    grades[np.bincount(labels)[labels[: len(intents)]] <= LEAST_OTHERS] = -1.0
    return grades
