"""How close two messages must be to mean the same: fitted on what a version remembers, never typed in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SHARE = 0.995  # of remembered messages that have no neighbour of another intent within the radius
SAMPLE = 2000  # messages whose neighbours are looked at; more would only make a large memory slow to load
CHUNK = 512


def fitted_radius(intents: Sequence[str], vectors: NDArray[np.float32]) -> float | None:
    """The cosine from which a message practically never is of another intent than its neighbour.

    Of the exemplars, SHARE have no exemplar of another intent as near as that. Shape of vectors: (rows, dimension),
    each of unit length. None where there are no two intents to tell apart: then only equal texts are alike.
    """
    names, labels = np.unique(list(intents), return_inverse=True)
    if len(names) < 2:
        return None
    step = -(-len(labels) // SAMPLE)
    nearest = np.full(0, -1.0, dtype=np.float32)
    rows = np.arange(0, len(labels), step)
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        similarities = vectors[part] @ vectors.T
        similarities[labels[part][:, None] == labels[None]] = -1.0
        nearest = np.concatenate([nearest, similarities.max(axis=1)])
    return float(np.quantile(nearest, SHARE, method="higher"))
