"""What every selector promises. The contract tests run over every member of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.model.encoder import Vectors


@dataclass(frozen=True, eq=False)
class Candidates:
    """The rows of one intent from which its exemplars are chosen: new ones, then exemplars in the memory's order.

    Shapes: pool (all rows of all intents, dimension); rows (rows,), those of this intent in the pool; losses (rows,),
    the cross-entropy of each under the finished model, >= 0; fresh (rows,), whether it arrived in this update.
    `seen` is the number of rows of the intent that arrived in earlier updates, kept or not.
    """

    pool: Vectors
    rows: NDArray[np.int64]
    losses: NDArray[np.float64]
    fresh: NDArray[np.bool_]
    seen: int = 0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def vectors(self) -> Vectors:
        """Shape: (rows, dimension)."""
        return self.pool[self.rows]

    @property
    def others(self) -> Vectors:
        """The rows of the other intents. Shape: (rows in the pool - rows, dimension)."""
        return np.delete(self.pool, self.rows, axis=0)


class ExemplarSelector(Protocol):
    """A frozen recipe: arrays in, indices out."""

    # Whether the memory may hold rows at all; without, it holds a Gaussian for each intent.
    keeps_rows: ClassVar[bool]

    def select(self, candidates: Candidates, budget: int) -> NDArray[np.int64]:
        """At most `budget` distinct numbers of candidates, most valuable first."""
        ...
