"""A low-rank Gaussian for each intent in embedding space: what stands for rows that are not kept."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.domain import LabelSet
from assistant.model.encoder import Vectors

LEAST_ROWS = 5  # the mean of a single row would be that row
DIRECTIONS = 20  # at most, and half as many as there were rows: more of them would tell the rows apart

# What the Gaussians of a version are written as: the numbers of their intents among the labels, one below the other.
WRITTEN = tuple(f"gaussian.{part}" for part in ("intents", "counts", "means", "ranks", "directions"))

Half = NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class Gaussian:
    """The mean of an intent's embeddings and the directions in which they vary most.

    Each direction has the length of the standard deviation along it; what varies beyond them is left out
    (probabilistic principal components, Tipping & Bishop 1999, without their noise). Shapes: mean (dimension,),
    directions (any, dimension), both in half precision. With 1,152 dimensions that is 48 kB, whatever `count`, the
    number of rows. That is no guarantee in the sense of differential privacy: whoever has a Gaussian of two nights
    knows what their difference says, and the sums that `ewc_exact` carries know the single rows of rare intents better.
    """

    count: int
    mean: Half = field(repr=False)
    directions: Half = field(repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError for parts that do not belong together or cannot be what rows left."""
        if self.mean.ndim != 1 or self.directions.shape[1:] != self.mean.shape:
            raise ValueError(f"a Gaussian of the shapes {self.mean.shape} and {self.directions.shape}")
        if any(part.dtype != np.float16 for part in (self.mean, self.directions)):
            raise ValueError(f"a Gaussian of the types {self.mean.dtype} and {self.directions.dtype}")
        if not (np.isfinite(self.mean).all() and np.isfinite(self.directions).all()):
            raise ValueError("a Gaussian with a number that is not finite")
        if self.count < 1 or len(self.directions) > most_directions(self.count):
            raise ValueError(f"a Gaussian with {len(self.directions)} directions of {self.count} row(s)")

    @classmethod
    def of(cls, rows: Vectors) -> Gaussian:
        """Of these rows, in any order. Shape: (at least 1, dimension)."""
        return _leading(len(rows), *_centred(rows))

    def plus(self, rows: Vectors) -> Gaussian:
        """With these rows added; what varies beyond the directions is lost (Ross et al. 2008). Shape as in `of`."""
        mean, spread = _centred(rows)
        count = self.count + len(rows)
        before = self.mean.astype(np.float64)
        moved = np.sqrt(self.count * len(rows) / count) * (mean - before)
        together = [np.sqrt(self.count) * self.directions.astype(np.float64), spread, moved[None]]
        return _leading(count, before + (mean - before) * len(rows) / count, np.concatenate(together))

    def drawn(self, size: int, seed: Sequence[int]) -> Vectors:
        """So many pseudo-embeddings of unit length; equal seeds draw equal ones. Shape: (size, dimension)."""
        noise = np.random.default_rng(list(seed)).standard_normal((size, len(self.directions)))
        rows = self.mean.astype(np.float64) + noise @ self.directions.astype(np.float64)
        unit: Vectors = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)).astype(np.float32)
        return unit


Gaussians = Mapping[str, Gaussian]  # by intent


def with_rows(gaussians: Gaussians, intents: Sequence[str], vectors: Vectors) -> dict[str, Gaussian]:
    """The Gaussians with these rows added. An intent that has none yet is taken in with at least LEAST_ROWS rows, so
    that a mean is of several messages. Shape of vectors: (len(intents), dimension)."""
    names, grown = np.array(intents), dict(gaussians)
    for intent in sorted(set(intents)):
        rows = vectors[names == intent]
        if intent in grown:
            grown[intent] = grown[intent].plus(rows)
        elif len(rows) >= LEAST_ROWS:
            grown[intent] = Gaussian.of(rows)
    return grown


def drawn(gaussians: Gaussians, wanted: Mapping[str, int], seed: Sequence[int]) -> tuple[tuple[str, ...], Vectors]:
    """So many pseudo-embeddings of each intent as `wanted` says, where it has a Gaussian.

    Equal seeds and Gaussians draw equal ones; after new rows of any intent others are drawn of each, so that no night
    rehearses those of the last.
    """
    seed = [*seed, sum(one.count for one in gaussians.values())]
    sizes = {intent: wanted[intent] for intent in gaussians if wanted.get(intent, 0) > 0}
    rows = [gaussians[intent].drawn(size, [*seed, zlib.crc32(intent.encode())]) for intent, size in sizes.items()]
    names = tuple(intent for intent, size in sizes.items() for _ in range(size))
    return names, np.concatenate(rows) if rows else np.empty((0, 0), dtype=np.float32)


def read_gaussians(tensors: Mapping[str, NDArray[Any]], labels: LabelSet) -> dict[str, Gaussian] | None:
    """Those that were written as `WRITTEN`; None where there are none. Raises KeyError or ValueError for parts that do
    not belong together."""
    if WRITTEN[0] not in tensors:
        return None
    intents, counts, means, ranks, directions = (tensors[name] for name in WRITTEN)
    known = intents.tolist()
    if len(set(known)) != len(known) or not set(known) <= set(range(len(labels))):
        raise ValueError(f"Gaussians of the intents number {known}, but there are {len(labels)}")
    if (ranks < 0).any() or int(ranks.sum()) != len(directions):
        raise ValueError(f"Gaussians of {int(ranks.sum())} directions, but there are {len(directions)}")
    ends = np.cumsum(ranks)
    parts = [directions[end - rank : end] for end, rank in zip(ends.tolist(), ranks.tolist(), strict=True)]
    rows = zip(known, counts.tolist(), means, parts, strict=True)
    return {labels.intents[row]: Gaussian(int(count), mean, part) for row, count, mean, part in rows}


def most_directions(count: int) -> int:
    """How many directions a Gaussian of so many rows has at most."""
    return min(DIRECTIONS, count // 2)


def _centred(rows: Vectors) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    exact = rows.astype(np.float64)
    mean = exact.mean(axis=0)
    return mean, exact - mean


def _leading(count: int, mean: NDArray[np.float64], spread: NDArray[np.float64]) -> Gaussian:
    """The Gaussian of `count` rows whose deviations have the scatter spreadᵀ·spread."""
    if len(spread) > len(mean):  # the same scatter by fewer rows: what follows takes the cube of their number
        spread = np.linalg.qr(spread).R
    squares, turns = np.linalg.eigh(spread @ spread.T)
    most = min(most_directions(count), len(mean))
    leading = turns[:, np.argsort(-squares, kind="stable")[:most]]
    directions = leading.T @ spread / np.sqrt(count)
    return Gaussian(count, mean.astype(np.float16), directions.astype(np.float16))
