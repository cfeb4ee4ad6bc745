"""Prioritised sampling: what the model finds hard is kept more often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from assistant.learning.selection.base import Candidates


@dataclass(frozen=True, slots=True)
class Prioritized:
    """Sampling without replacement in proportion to loss^`alpha` (after Schaul et al. 2016): 0 is uniform, 1 full.

    The losses are those of the finished model, after the replay, for new rows and exemplars alike; no priority is
    older than the update. Gumbel noise on the logarithms of the weights draws one row after another in proportion to
    them (Efraimidis & Spirakis 2006).
    """

    keeps_rows: ClassVar[bool] = True

    alpha: Annotated[float, Field(ge=0, le=1)] = 0.5
    seed: Annotated[int, Field(ge=0)] = 0

    def select(self, candidates: Candidates, budget: int) -> NDArray[np.int64]:
        draw = np.random.default_rng([self.seed, candidates.seen])
        weights = self.alpha * np.log(np.maximum(candidates.losses, 1e-12))
        order = np.argsort(-(weights + draw.gumbel(size=len(candidates))), kind="stable")
        return order[:budget].astype(np.int64)
