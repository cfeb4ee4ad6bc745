"""Herding: the kept mean stays close to the mean of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from assistant.learning.selection.base import Candidates


@dataclass(frozen=True, slots=True)
class Herding:
    """Greedily keeps the mean of the kept close to the mean of all (iCaRL, Rebuffi et al. 2017; Welling 2009).

    A prefix of the result is itself a good choice, so a smaller budget later just cuts the tail.
    """

    keeps_rows: ClassVar[bool] = True

    def select(self, candidates: Candidates, budget: int) -> NDArray[np.int64]:
        vectors = candidates.vectors
        mean = vectors.mean(axis=0)
        kept: list[int] = []
        total = np.zeros_like(mean)
        free = np.ones(len(vectors), dtype=bool)
        for size in range(1, min(budget, len(vectors)) + 1):
            distance = np.square(mean - (total + vectors) / size).sum(axis=1)
            row = int(np.where(free, distance, np.inf).argmin())
            kept.append(row)
            free[row] = False
            total += vectors[row]
        return np.array(kept, dtype=np.int64)
