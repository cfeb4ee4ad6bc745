"""A ring buffer: the newest rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from assistant.learning.selection.base import Candidates


@dataclass(frozen=True, slots=True)
class Ring:
    """The newest rows (the ring buffer of Chaudhry et al. 2019): for intents whose wording drifts.

    Rows of one update are equally new; the `seed` orders them. The memory keeps the result as it is, newest first, so
    that the order is the age.
    """

    keeps_rows: ClassVar[bool] = True

    seed: Annotated[int, Field(ge=0)] = 0

    def select(self, candidates: Candidates, budget: int) -> NDArray[np.int64]:
        draw = np.random.default_rng([self.seed, candidates.seen])
        new, known = draw.permutation(np.flatnonzero(candidates.fresh)), np.flatnonzero(~candidates.fresh)
        return np.concatenate([new, known])[:budget].astype(np.int64)
