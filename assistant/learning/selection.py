"""Which exemplars of an intent are kept. A selector gets arrays and gives indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.model.encoder import Vectors


class ExemplarSelector(Protocol):
    def select(self, candidates: Vectors, budget: int) -> NDArray[np.int64]:
        """At most `budget` distinct row numbers, most valuable first. Shape of candidates: (rows, dimension)."""
        ...


@dataclass(frozen=True, slots=True)
class Herding:
    """Greedily keeps the mean of the kept close to the mean of all (iCaRL, Rebuffi et al. 2017; Welling 2009).

    A prefix of the result is itself a good choice, so a smaller budget later just cuts the tail.
    """

    def select(self, candidates: Vectors, budget: int) -> NDArray[np.int64]:
        mean = candidates.mean(axis=0)
        kept: list[int] = []
        total = np.zeros_like(mean)
        free = np.ones(len(candidates), dtype=bool)
        for size in range(1, min(budget, len(candidates)) + 1):
            distance = np.square(mean - (total + candidates) / size).sum(axis=1)
            row = int(np.where(free, distance, np.inf).argmin())
            kept.append(row)
            free[row] = False
            total += candidates[row]
        return np.array(kept, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class RandomChoice:
    """A uniform choice without replacement; the baseline that herding must beat."""

    seed: int = 0

    def select(self, candidates: Vectors, budget: int) -> NDArray[np.int64]:
        order = np.random.default_rng(self.seed).permutation(len(candidates))
        return order[:budget].astype(np.int64)


SELECTORS: dict[str, type[ExemplarSelector]] = {"herding": Herding, "random": RandomChoice}
