"""From probabilities to predictions: what a model says of a text, whichever library computed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assistant.domain import LabelSet, Prediction, Score, Thresholds
from assistant.model.encoder import Vectors


@dataclass(frozen=True, slots=True)
class Calibration:
    """How logits become probabilities (temperature > 0) and from which confidence to answer."""

    temperature: float = 1.0
    thresholds: Thresholds = field(default_factory=lambda: Thresholds(answer=0.5))


def ranked(
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
