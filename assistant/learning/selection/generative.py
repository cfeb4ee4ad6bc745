"""The privacy setting: no row is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from assistant.learning.selection.base import Candidates


@dataclass(frozen=True, slots=True)
class Generative:
    """Keeps no text and no embedding of any message: of each intent a Gaussian, from which pseudo-embeddings are drawn
    for the replay (Hayes & Kanan 2020 keep such sums; van de Ven et al. 2020 replay in feature space).

    What that costs: the desk has no nearest exemplars to show, and a text that gets another label cannot be taken out
    of what was learned, since nobody knows its old one; the new label has to outweigh it. That a message has none of
    the intents teaches nothing. See `Gaussian` for what it still tells about single messages.
    """

    keeps_rows: ClassVar[bool] = False

    def select(self, candidates: Candidates, budget: int) -> NDArray[np.int64]:
        return np.empty(0, dtype=np.int64)
