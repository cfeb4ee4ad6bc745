"""How little a message resembles anything that a version has learned, without torch."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.model.encoder import Vectors
from assistant.model.references import Nearness, References, Scores

AT_ONCE = 64  # rows in double precision at a time: of many intents each has many logits


@dataclass(frozen=True, slots=True)
class Doubt:
    """Measures added up, each brought to mean 0 and deviation 1 on messages that do have an intent.

    The energy −T·log Σ exp(logit / T) is high where no intent speaks up (Liu et al. 2020); the mean of distance and
    isolation (see `Nearness`) is high where nothing like it was learned; the likeness to texts that people labelled as
    out of scope has its own weight. They err on different messages. `slope` > 0 and `intercept` turn the sum into the
    probability of having none of the intents (Platt 1999). A measure with nothing to compare with has the deviation 0
    and does not count. `width` is that of the encoder's last layer in an embedding, 0 for all of it.
    """

    temperature: float
    energy_mean: float
    energy_deviation: float
    distance_mean: float
    distance_deviation: float
    slope: float
    intercept: float
    isolation_mean: float = 0.0
    isolation_deviation: float = 0.0
    likeness_mean: float = 0.0
    likeness_deviation: float = 0.0
    likeness_weight: float = 0.0
    width: int = 0

    def __post_init__(self) -> None:
        """Raises ValueError for numbers that cannot be fitted ones."""
        if not all(type(value) in (int, float) and math.isfinite(value) for value in astuple(self)):
            raise ValueError(f"a doubt of {astuple(self)}, which are not all finite numbers")
        spreads = (self.distance_deviation, self.isolation_deviation, self.likeness_deviation)
        if (
            min(self.temperature, self.energy_deviation, self.slope) <= 0
            or min(*spreads, self.likeness_weight, self.width) < 0
        ):
            raise ValueError(f"a doubt whose scales are not positive: {astuple(self)}")

    @property
    def threshold(self) -> float:
        """The score from which a message more probably has none of the intents."""
        return -self.intercept / self.slope

    def scores(self, logits: NDArray[np.float32], embeddings: Vectors, references: References | None) -> Scores:
        """The higher, the stranger. Shape: (rows, intents), (rows, dimension) -> (rows,)."""
        near = references.nearness(embeddings, self.width) if references is not None else Nearness(None, None, None)
        return self.joined(energies(logits, self.temperature), near)

    def joined(self, energy: Scores, near: Nearness) -> Scores:
        """The score of all measures. Shape: (rows,), all."""
        apart = [
            (values - mean) / deviation
            for values, mean, deviation in (
                (near.distance, self.distance_mean, self.distance_deviation),
                (near.isolation, self.isolation_mean, self.isolation_deviation),
            )
            if values is not None and deviation > 0
        ]
        score: Scores = (energy - self.energy_mean) / self.energy_deviation
        if apart:
            score = score + np.mean(apart, axis=0)
        if near.likeness is not None and self.likeness_deviation > 0:
            score = score + self.likeness_weight * (near.likeness - self.likeness_mean) / self.likeness_deviation
        return score

    def probabilities(self, scores: Scores) -> Scores:
        """Of having none of the intents, in [0, 1]. Shape: (rows,) -> (rows,)."""
        found: Scores = 0.5 + 0.5 * np.tanh(0.5 * (self.slope * scores + self.intercept))
        return found


def energies(logits: NDArray[np.float32], temperature: float) -> Scores:
    """The free energy of each row. Shape: (rows, intents) -> (rows,)."""
    found = np.empty(len(logits))
    for start in range(0, len(logits), AT_ONCE):
        scaled = logits[start : start + AT_ONCE].astype(np.float64) / temperature
        top = scaled.max(axis=1, keepdims=True)
        found[start : start + AT_ONCE] = -temperature * (top[:, 0] + np.log(np.exp(scaled - top).sum(axis=1)))
    return found
