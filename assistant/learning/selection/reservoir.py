"""Reservoir sampling: every row that ever arrived has the same chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from assistant.learning.selection.base import Candidates


@dataclass(frozen=True, slots=True)
class Reservoir:
    """A uniform sample of all rows that an intent ever had, night by night (Vitter 1985, in batches).

    The exemplars stand for all rows `seen` before. How many places of a uniform sample of everything would go to
    those is hypergeometric; that many of them stay, drawn evenly, and new rows drawn evenly take the others.
    """

    keeps_rows: ClassVar[bool] = True

    seed: Annotated[int, Field(ge=0)] = 0

    def select(self, candidates: Candidates, budget: int) -> NDArray[np.int64]:
        draw = np.random.default_rng([self.seed, candidates.seen])  # another draw each night
        new = draw.permutation(np.flatnonzero(candidates.fresh))
        known = draw.permutation(np.flatnonzero(~candidates.fresh))
        size = min(budget, len(candidates))
        stay = int(draw.hypergeometric(max(candidates.seen, len(known)), len(new), size))
        # Fewer exemplars than their share when some were taken out since, or when the budget has grown.
        stay = max(min(stay, len(known)), size - len(new))
        return draw.permutation(np.concatenate([known[:stay], new[: size - stay]])).astype(np.int64)
