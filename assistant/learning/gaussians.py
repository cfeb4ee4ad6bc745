"""A Gaussian for each intent in embedding space: what is kept where no row may be kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from assistant.model.encoder import Vectors

LEAST_ROWS = 5  # the mean of a single row would be that row
PRIOR_ROWS = 10  # an intent's own variances weigh as much as the shared ones once it has this many rows


@dataclass(frozen=True, eq=False)
class Gaussians:
    """Counts, means and variances of each intent, and one scatter matrix around the means, shared by all.

    Shapes: counts (intents,), int64; means and variances (intents, dimension), float32; scatter (dimension *
    (dimension + 1) / 2,), float32, the lower half. With 150 intents of 1,152 dimensions that is 4 MB, whatever the
    number of rows. All of it is sums, which grow by new rows exactly as if all had come at once (Chan et al. 1983).

    An intent is taken in with a night that brings at least LEAST_ROWS of it, so that a mean is of several messages.
    That is no guarantee in the sense of differential privacy: whoever has the sums of two nights knows what their
    difference says, and the sums that `ewc_exact` carries know the single rows of rare intents better than these.
    """

    intents: tuple[str, ...]
    counts: NDArray[np.int64]
    means: Vectors = field(repr=False)
    variances: Vectors = field(repr=False)
    scatter: NDArray[np.float32] = field(repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError for parts that do not belong together or cannot be what rows left."""
        known, dimension = len(self.intents), self.means.shape[-1]
        shapes = [part.shape for part in (self.counts, self.means, self.variances, self.scatter)]
        if shapes != [(known,), (known, dimension), (known, dimension), (dimension * (dimension + 1) // 2,)]:
            raise ValueError(f"Gaussians of {known} intents have arrays of the shapes {shapes}")
        parts = (self.means, self.variances, self.scatter)
        if [part.dtype for part in (self.counts, *parts)] != [np.int64, np.float32, np.float32, np.float32]:
            raise ValueError(
                f"Gaussians with arrays of the types {[str(part.dtype) for part in (self.counts, *parts)]}"
            )
        if not all(np.isfinite(part).all() for part in parts) or (self.variances < 0).any() or (self.counts < 1).any():
            raise ValueError("Gaussians with a number that is not finite, a negative variance or a count below 1")

    @classmethod
    def none(cls, dimension: int) -> Gaussians:
        empty = np.empty((0, dimension), dtype=np.float32)
        scatter = np.zeros(dimension * (dimension + 1) // 2, dtype=np.float32)
        return cls((), np.empty(0, dtype=np.int64), empty, empty, scatter)

    def plus(self, intents: Sequence[str], vectors: Vectors) -> Gaussians:
        """With these rows added, in any order. Shape of vectors: (len(intents), dimension)."""
        names = np.array(intents)
        counts = dict(zip(self.intents, self.counts.tolist(), strict=True))
        means = dict(zip(self.intents, self.means.astype(np.float64), strict=True))
        squares = {i: counts[i] * v for i, v in zip(self.intents, self.variances.astype(np.float64), strict=True)}
        scatter = self._full_scatter()
        for intent in sorted(set(intents)):
            rows = vectors[names == intent].astype(np.float64)
            before = counts.get(intent, 0)
            if not before and len(rows) < LEAST_ROWS:
                continue
            mean = rows.mean(axis=0)
            moved = mean - means.get(intent, mean)
            between = before * len(rows) / (before + len(rows))
            centred = rows - mean
            scatter += centred.T @ centred + between * np.outer(moved, moved)
            squares[intent] = squares.get(intent, 0.0) + np.square(centred).sum(axis=0) + between * np.square(moved)
            means[intent] = means.get(intent, mean) + moved * len(rows) / (before + len(rows))
            counts[intent] = before + len(rows)
        dimension = vectors.shape[1]
        return Gaussians(
            tuple(counts),
            np.array(list(counts.values()), dtype=np.int64),
            np.array(list(means.values()), dtype=np.float32).reshape(-1, dimension),
            np.array([squares[i] / counts[i] for i in counts], dtype=np.float32).reshape(-1, dimension),
            scatter[np.tril_indices(dimension)].astype(np.float32),
        )

    def without(self, intents: Collection[str]) -> Gaussians:
        """Without these intents; what they gave to the shared scatter cannot be told apart and stays."""
        kept = [row for row, intent in enumerate(self.intents) if intent not in intents]
        names = tuple(self.intents[row] for row in kept)
        return Gaussians(names, self.counts[kept], self.means[kept], self.variances[kept], self.scatter)

    def drawn(self, wanted: Mapping[str, int], seed: Sequence[int]) -> tuple[tuple[str, ...], Vectors]:
        """So many pseudo-embeddings of each intent as `wanted` says, where it has a Gaussian; of unit length.

        The covariance is the correlations of all intents together, shrunk as if `dimension` uncorrelated rows had
        come too, with the intent's variances, shrunk towards those of all. Equal seeds draw equal numbers.
        """
        total = max(1, int(self.counts.sum()))
        pooled = self._full_scatter() / total
        shared = pooled.diagonal()
        spread = np.sqrt(np.maximum(shared, 1e-12))
        dimension = len(spread)
        correlations = pooled / np.outer(spread, spread)
        shrunk = (total * correlations + dimension * np.eye(dimension)) / (total + dimension)
        shrunk[np.diag_indices(dimension)] = 1.0
        sizes = [wanted.get(intent, 0) for intent in self.intents]
        noise = np.random.default_rng(list(seed)).standard_normal((sum(sizes), dimension))
        noise = noise @ np.linalg.cholesky(shrunk).T
        weights = self.counts[:, None] / (self.counts[:, None] + PRIOR_ROWS)
        deviations = np.sqrt(weights * self.variances + (1 - weights) * shared)
        bounds = np.cumsum([0, *sizes])
        rows = [self.means[i] + deviations[i] * noise[a:b] for i, (a, b) in enumerate(pairwise(bounds.tolist()))]
        vectors = np.concatenate([np.empty((0, dimension)), *rows])
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        names = tuple(intent for intent, size in zip(self.intents, sizes, strict=True) for _ in range(size))
        return names, vectors.astype(np.float32)

    def _full_scatter(self) -> NDArray[np.float64]:
        dimension = self.means.shape[1]
        full = np.zeros((dimension, dimension))
        full[np.tril_indices(dimension)] = self.scatter
        return full + np.tril(full, -1).T
