"""Temperature scaling (Guo et al. 2017) and the answer threshold, fitted on labelled rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch.nn import functional

from assistant.domain import Thresholds
from assistant.model.classifier import IntentClassifier
from assistant.model.encoder import Vectors
from assistant.model.ranking import Calibration

# The share of rightly recognised rows that the assistant answers without asking back. It fixes one point of the
# trade-off between needless questions and wrong answers; the confidence that belongs to it is fitted.
ANSWERED_SHARE = 0.95


def calibrate(model: IntentClassifier, embeddings: Vectors, intents: Sequence[str]) -> Calibration:
    """The temperature with the least negative log-likelihood on the rows, and the answer threshold.

    Rows whose intent the model does not know are ignored; without rows the calibration stays as it was.
    Shape of embeddings: (rows, dimension).
    """
    known = [i for i, intent in enumerate(intents) if intent in model.labels]
    if not known:
        return model.calibration
    logits = model.logits(embeddings[known]).double()
    targets = torch.tensor([model.labels.index(intents[i]) for i in known])

    def loss(log_temperature: float) -> float:
        return float(functional.cross_entropy(logits / np.exp(log_temperature), targets))

    temperature = float(np.exp(minimize_scalar(loss, bounds=(-4.0, 4.0), method="bounded").x))
    confidence, predicted = torch.softmax(logits / temperature, dim=1).max(dim=1)
    right = confidence[predicted == targets].numpy()
    answer = float(np.quantile(right, 1 - ANSWERED_SHARE)) if len(right) else 1.0
    return Calibration(temperature, Thresholds(answer=answer))
