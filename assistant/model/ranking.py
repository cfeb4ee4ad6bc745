"""From probabilities to predictions: what a model says of a text, whichever library computed it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.domain import LabelSet, Prediction, Score, Thresholds
from assistant.model.encoder import TextEncoder, Vectors


@dataclass(frozen=True, slots=True)
class Calibration:
    """How logits become probabilities (temperature > 0) and from which confidence to answer."""

    temperature: float = 1.0
    thresholds: Thresholds = field(default_factory=lambda: Thresholds(answer=0.5))


class RankingModel(ABC):
    """What every model of intents does with its logits and probabilities."""

    encoder: TextEncoder
    labels: LabelSet

    @abstractmethod
    def logits(self, embeddings: Vectors) -> Any:
        """Uncalibrated, as an array of the model's library. Shape: (rows, dimension) -> (rows, intents)."""

    @abstractmethod
    def probabilities(self, embeddings: Vectors) -> NDArray[np.float32]:
        """Calibrated probabilities; rows sum to 1. Shape: (rows, dimension) -> (rows, intents)."""

    def predict(self, texts: Sequence[str], *, top: int = 5) -> list[Prediction]:
        """The `top` most probable intents of each text, most probable first."""
        embeddings = self.encoder.embed(texts)
        return _ranked(texts, embeddings, self.probabilities(embeddings), self.labels, top)

    def accuracy_rows(self, embeddings: Vectors, intents: Sequence[str]) -> NDArray[np.bool_]:
        """Whether each row is classified right. An intent that the model does not know counts as wrong."""
        if not len(intents):
            return np.zeros(0, dtype=bool)
        predicted = np.asarray(self.logits(embeddings)).argmax(axis=1).tolist()
        return np.array([self.labels.intents[row] == intent for row, intent in zip(predicted, intents, strict=True)])


def _ranked(
    texts: Sequence[str], embeddings: Vectors, probabilities: NDArray[np.float32], labels: LabelSet, top: int
) -> list[Prediction]:
    """The `top` most probable intents of each text, most probable first.

    Shapes: embeddings (texts, dimension), probabilities (texts, intents).
    """
    predictions = []
    for text, embedding, row in zip(texts, embeddings, probabilities, strict=True):
        best = np.argsort(-row, kind="stable")[:top]
        scores = tuple(Score(labels.intents[i], float(row[i])) for i in best)
        predictions.append(Prediction(text, scores, embedding.astype("<f4").tobytes()))
    return predictions
