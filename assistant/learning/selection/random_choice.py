"""A uniform choice among the candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from assistant.learning.selection.base import Candidates


@dataclass(frozen=True, slots=True)
class RandomChoice:
    """A uniform choice without replacement among new rows and exemplars; the baseline that herding must beat.

    Rows of an earlier update had to survive more choices than new ones; see `reservoir` for equal chances.
    """

    keeps_rows: ClassVar[bool] = True

    seed: Annotated[int, Field(ge=0)] = 0

    def select(self, candidates: Candidates, budget: int) -> NDArray[np.int64]:
        order = np.random.default_rng(self.seed).permutation(len(candidates))
        return order[:budget].astype(np.int64)
