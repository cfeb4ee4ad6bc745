"""From probabilities to predictions: what a model says of a text, whichever library computed it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.domain import LabelSet, Prediction, Score, Thresholds
from assistant.model.doubt import Doubt
from assistant.model.encoder import TextEncoder, Vectors
from assistant.model.references import References


@dataclass(frozen=True, slots=True)
class Calibration:
    """How logits become probabilities (temperature > 0), from which confidence to answer, and how to tell a message
    that has none of the intents (None: the version cannot)."""

    temperature: float = 1.0
    thresholds: Thresholds = field(default_factory=lambda: Thresholds(answer=0.5))
    doubt: Doubt | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for numbers that cannot be fitted ones, TypeError for what is no number."""
        plausible = self.thresholds.plausible
        fitted = (self.temperature, self.thresholds.answer, *(() if plausible is None else (plausible,)))
        if not all(math.isfinite(value) for value in fitted) or self.temperature <= 0:
            raise ValueError(f"a calibration of {fitted}: all must be finite, and the temperature positive")


class RankingModel(ABC):
    """What every model of intents does with its logits and probabilities.

    `references` are the learned texts that messages are compared with.
    """

    encoder: TextEncoder
    labels: LabelSet
    calibration: Calibration
    references: References | None

    @abstractmethod
    def logits(self, embeddings: Vectors) -> Any:
        """Uncalibrated, as an array of the model's library. Shape: (rows, dimension) -> (rows, intents)."""

    @abstractmethod
    def probabilities(self, embeddings: Vectors) -> NDArray[np.float32]:
        """Calibrated probabilities; rows sum to 1. Shape: (rows, dimension) -> (rows, intents)."""

    def predict(self, texts: Sequence[str], *, top: int = 5) -> list[Prediction]:
        """The `top` most probable intents of each text, most probable first."""
        embeddings = self.encoder.embed(texts)
        logits = np.asarray(self.logits(embeddings))
        ranked = _ranked(texts, embeddings, softmax(logits, self.calibration.temperature), self.labels, top)
        doubt = self.calibration.doubt
        if doubt is None or not len(self.labels):
            return ranked
        scores = doubt.scores(logits, embeddings, self.references)
        outside = doubt.probabilities(scores)
        return [
            replace(one, outside_score=float(score), outside=float(chance))
            for one, score, chance in zip(ranked, scores, outside, strict=True)
        ]

    def strangeness(self, embeddings: Vectors) -> NDArray[np.float64] | None:
        """The score of `Doubt` for each row; None where the version cannot tell. Shape: (rows,)."""
        doubt = self.calibration.doubt
        if doubt is None or not len(self.labels):
            return None
        return doubt.scores(np.asarray(self.logits(embeddings)), embeddings, self.references)

    def outside(self, embeddings: Vectors) -> NDArray[np.float64] | None:
        """The probability that each row has none of the intents; None where the version cannot tell. Shape: (rows,)."""
        scores = self.strangeness(embeddings)
        doubt = self.calibration.doubt
        return None if doubt is None or scores is None else doubt.probabilities(scores)

    def accuracy_rows(
        self, embeddings: Vectors, intents: Sequence[str], retired: Mapping[str, str | None] | None = None
    ) -> NDArray[np.bool_]:
        """Whether each row is classified right. An intent that the model does not know counts as wrong.

        `retired`: see `taken_for`.
        """
        taken = self.taken_for(embeddings, retired)
        return np.array([name == intent for name, intent in zip(taken, intents, strict=True)], dtype=bool)

    def taken_for(self, embeddings: Vectors, retired: Mapping[str, str | None] | None = None) -> list[str | None]:
        """The most probable intent of each row; None for all of them where there is none.

        Those that are `retired` give their probability to the intent that answers in their place, or to nobody.
        """
        answering = [(retired or {}).get(name, name) for name in self.labels]
        names = list(dict.fromkeys(name for name in answering if name is not None))
        if not len(embeddings) or not names:
            return [None] * len(embeddings)
        logits = np.asarray(self.logits(embeddings))
        if len(names) < len(answering):
            given = np.array([[name == each for each in names] for name in answering], dtype=np.float32)
            logits = softmax(logits, self.calibration.temperature) @ given
        return [names[row] for row in logits.argmax(axis=1).tolist()]


def softmax(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Calibrated probabilities; rows sum to 1. Shape: (rows, intents), both."""
    scaled = logits / np.float32(temperature)
    powers: NDArray[np.float32] = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    probabilities: NDArray[np.float32] = powers / powers.sum(axis=1, keepdims=True)
    return probabilities


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
