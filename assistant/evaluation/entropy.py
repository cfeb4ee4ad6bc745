"""How undecided a model is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.domain import LabelledText
from assistant.model.encoder import TextEncoder, Vectors


class Probable(Protocol):
    @property
    def encoder(self) -> TextEncoder: ...
    def probabilities(self, embeddings: Vectors) -> NDArray[np.float32]: ...


def predictive_entropy(model: Probable, rows: Sequence[LabelledText]) -> float | None:
    """The mean entropy of the calibrated probabilities on `rows`, in nats; None without rows."""
    if not rows:
        return None
    shares = model.probabilities(model.encoder.embed([row.text for row in rows])).astype(np.float64)
    return float(-(shares * np.log(np.maximum(shares, 1e-300))).sum(axis=1).mean())
