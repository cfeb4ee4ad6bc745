"""Where distance means another intent: what varies within the known intents is not meaning, and weighs little."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from assistant.monitoring.proposals import Features, Matrix

Labels = NDArray[np.int64]
TINY = 1e-12


@dataclass(frozen=True)
class Space:
    """An affine map to rows of unit length. Shape of projection: (dimension, new dimension)."""

    centre: Matrix = field(repr=False)
    projection: Matrix = field(repr=False)

    def rows(self, vectors: Features | Matrix) -> Matrix:
        """Shape: (rows, dimension) -> (rows, new dimension)."""
        return unit((vectors - self.centre) @ self.projection)


def fitted_space(vectors: Features | Matrix, labels: Labels, shrinkage: float, *, discriminant: bool) -> Space:
    """The space in which the intents `labels` (0 to k - 1, each there) vary alike in all directions.

    Whitens the covariance within the intents, shrunk in the share `shrinkage` in (0, 1] towards a round one (after
    Ledoit & Wolf 2004). `discriminant` keeps only the directions in which the intents' means differ (Fisher 1936):
    finer among intents of the same kind, blind to what no intent shows so far.
    """
    means = class_means(vectors, labels)
    centre = means.mean(axis=0)
    spread = vectors - means[labels]
    within = spread.T @ spread / max(1, len(vectors) - len(means))
    size = np.trace(within) / len(within)
    if size < TINY:  # every intent has one row, or equal ones
        within, size = np.eye(len(within)), 1.0
    values, axes = np.linalg.eigh((1 - shrinkage) * within + shrinkage * size * np.eye(len(within)))
    whitening = axes / np.sqrt(values)
    if not discriminant:
        return Space(centre, whitening)
    _, strength, directions = np.linalg.svd((means - centre) @ whitening, full_matrices=False)
    kept = strength > 1e-6 * max(float(strength.max(initial=0.0)), TINY)
    return Space(centre, whitening @ directions[kept].T)


def class_means(rows: Features | Matrix, labels: Labels) -> Matrix:
    """The mean of the rows of each label from 0 on; each needs one. Shape: (labels, dimension)."""
    members = csr_array((np.ones(len(rows)), (labels, np.arange(len(rows)))))
    means: Matrix = (members @ rows) / np.bincount(labels)[:, None]
    return means


def unit(rows: Matrix) -> Matrix:
    """The rows scaled to length 1."""
    scaled: Matrix = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), TINY)
    return scaled


def compressed(rows: Matrix, dimensions: int) -> Matrix:
    """The rows in their principal components."""
    centred = rows - rows.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    shorter: Matrix = centred @ axes[:, ::-1][:, :dimensions]
    return shorter
