"""Messages in a row, as the monitors see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DIRECTIONS = 32  # principal directions in which embeddings are compared


@dataclass(frozen=True)
class Window:
    """`rows` messages, oldest first.

    Shapes: entropy (rows,) in nats; outside (rows,), whether the version takes it for none of its intents; intents
    (rows,), the numbers of the first guesses; coordinates (rows, DIRECTIONS or fewer), see `Lens`; disputed (rows,),
    whether the customer complained or an operator gave another label. `disputed_before` are those of messages before.
    """

    entropy: Floats
    outside: NDArray[np.bool_]
    intents: NDArray[np.int64]
    coordinates: Floats = field(repr=False)
    disputed: NDArray[np.bool_]
    disputed_before: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __len__(self) -> int:
        return len(self.entropy)

    def taken(self, rows: NDArray[np.int64]) -> Window:
        """Just these messages."""
        return Window(
            self.entropy[rows], self.outside[rows], self.intents[rows], self.coordinates[rows], self.disputed[rows]
        )

    def followed(self, later: Window, kept: int) -> Window:
        """As long as `later`, without a stretch of that length: the first `kept` of this one, then the end of `later`.

        Both have the same number of rows, and follow each other.
        """
        return Window(
            np.concatenate([self.entropy[:kept], later.entropy[kept:]]),
            np.concatenate([self.outside[:kept], later.outside[kept:]]),
            np.concatenate([self.intents[:kept], later.intents[kept:]]),
            np.concatenate([self.coordinates[:kept], later.coordinates[kept:]]),
            np.concatenate([self.disputed[:kept], later.disputed[kept:]]),
            later.disputed_before[: max(0, len(later.disputed_before) - len(self))],
        )


@dataclass(frozen=True)
class Lens:
    """The directions in which a reference varies most. Shapes: centre (dimension,), directions (kept, dimension)."""

    centre: Floats
    directions: Floats

    @classmethod
    def fitted(cls, vectors: NDArray[np.float32]) -> Lens:
        """Shape of vectors: (rows, dimension), at least two rows."""
        centre = vectors.mean(axis=0, dtype=np.float64)
        centred = vectors - centre
        # From the smaller of the two Gram matrices: a reference has fewer rows than an embedding has dimensions.
        values, left = np.linalg.eigh(centred @ centred.T)
        order = np.argsort(-values)[: min(DIRECTIONS, len(vectors) - 1)]
        directions = left[:, order].T @ centred
        lengths = np.linalg.norm(directions, axis=1, keepdims=True)
        return cls(centre, directions / np.maximum(lengths, 1e-12))

    def seen(self, vectors: NDArray[np.float32]) -> Floats:
        """Coordinates. Shape: (rows, dimension) -> (rows, kept)."""
        coordinates: Floats = (vectors - self.centre) @ self.directions.T
        return coordinates


def entropies(probabilities: Sequence[Sequence[float]]) -> Floats:
    """The entropy of each row of the highest probabilities, in nats; what they leave over counts as one more.

    The log keeps only the first few of a message's scores.
    """
    found = []
    for row in probabilities:
        shares = np.array([*row, max(0.0, 1.0 - sum(row))])
        shares = shares[shares > 0]
        found.append(float(-(shares * np.log(shares)).sum()))
    return np.array(found)
