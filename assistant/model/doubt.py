"""How little a message resembles anything that a version has learned, without torch."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.model.encoder import Vectors
from assistant.model.nearness import nearest

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Two measures added up, each brought to mean 0 and deviation 1 on messages that do have an intent.

    The energy −T·log Σ exp(logit / T) is high where no intent speaks up (Liu et al. 2020); the distance −cos to the
    nearest learned text is high where nothing like it was learned (Sun et al. 2022). They err on different messages.
    `slope` > 0 and `intercept` turn the sum into the probability of having none of the intents (Platt 1999). With
    nothing to compare with, `distance_deviation` is 0 and the energy counts alone.
    """

    temperature: float
    energy_mean: float
    energy_deviation: float
    distance_mean: float
    distance_deviation: float
    slope: float
    intercept: float

    def __post_init__(self) -> None:
        """Raises ValueError for numbers that cannot be fitted ones."""
        if not all(type(value) in (int, float) and math.isfinite(value) for value in astuple(self)):
            raise ValueError(f"a doubt of {astuple(self)}, which are not all finite numbers")
        if min(self.temperature, self.energy_deviation, self.slope) <= 0 or self.distance_deviation < 0:
            raise ValueError(f"a doubt whose scales are not positive: {astuple(self)}")

    @property
    def threshold(self) -> float:
        """The score from which a message more probably has none of the intents."""
        return -self.intercept / self.slope

    def scores(
        self, logits: NDArray[np.float32], embeddings: Vectors, references: NDArray[np.floating[Any]] | None
    ) -> Scores:
        """The higher, the stranger. Shape: (rows, intents), (rows, dimension), (references, dimension) -> (rows,)."""
        return self.joined(energies(logits, self.temperature), distances(embeddings, references))

    def joined(self, energy: Scores, distance: Scores | None) -> Scores:
        """The score of both measures. Shape: (rows,), all."""
        score = (energy - self.energy_mean) / self.energy_deviation
        if self.distance_deviation == 0 or distance is None:
            return score
        return score + (distance - self.distance_mean) / self.distance_deviation

    def probabilities(self, scores: Scores) -> Scores:
        """Of having none of the intents, in [0, 1]. Shape: (rows,) -> (rows,)."""
        found: Scores = 0.5 + 0.5 * np.tanh(0.5 * (self.slope * scores + self.intercept))
        return found


def energies(logits: NDArray[np.float32], temperature: float) -> Scores:
    """The free energy of each row. Shape: (rows, intents) -> (rows,)."""
    scaled = logits.astype(np.float64) / temperature
    top = scaled.max(axis=1, keepdims=True)
    found: Scores = -temperature * (top[:, 0] + np.log(np.exp(scaled - top).sum(axis=1)))
    return found


def distances(embeddings: Vectors, references: NDArray[np.floating[Any]] | None) -> Scores | None:
    """Minus the cosine to the nearest reference, unit vectors given; None without references. Shape: (rows,)."""
    if references is None or not len(references):
        return None
    return -nearest(embeddings, references).astype(np.float64)
