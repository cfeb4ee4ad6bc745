"""Temperature scaling (Guo et al. 2017), thresholds and doubt, fitted on labelled rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from torch.nn import functional

from assistant.domain import Thresholds
from assistant.model.classifier import IntentClassifier
from assistant.model.doubt_fit import FEWEST, SAME, fit_doubt
from assistant.model.encoder import Vectors
from assistant.model.nearness import nearest_by_kin
from assistant.model.ranking import Calibration

# The share of rightly recognised rows that the assistant answers without asking back. It fixes one point of the
# trade-off between needless questions and wrong answers; the confidence that belongs to it is fitted.
ANSWERED_SHARE = 0.95
MOST_COMPARED = 2**26  # pairs of row and reference from which the doubt is fitted
COVERED_SHARE = 0.9  # of the messages that the assistant is unsure of, how many are to find their intent offered


def calibrate(
    model: IntentClassifier, embeddings: Vectors, intents: Sequence[str], owners: Sequence[str] = ()
) -> Calibration:
    """The temperature with the least negative log-likelihood on the rows, the thresholds and the doubt.

    Rows whose intent the model does not know are ignored; without rows the calibration stays as it was.
    `owners` are the intents of the model's references. Shape of embeddings: (rows, dimension).
    """
    known = [i for i, intent in enumerate(intents) if intent in model.labels]
    if not known:
        return model.calibration
    logits = model.logits(embeddings[known]).double()
    targets = torch.tensor([model.labels.index(intents[i]) for i in known])

    def loss(log_temperature: float) -> float:
        return float(functional.cross_entropy(logits / np.exp(log_temperature), targets))

    temperature = float(np.exp(minimize_scalar(loss, bounds=(-4.0, 4.0), method="bounded").x))
    probabilities = torch.softmax(logits / temperature, dim=1)
    confidence, predicted = probabilities.max(dim=1)
    right = confidence[predicted == targets].numpy()
    answer = float(np.quantile(right, 1 - ANSWERED_SHARE)) if len(right) else 1.0
    own = probabilities[torch.arange(len(targets)), targets].numpy()
    references = model.references if model.references is not None else embeddings[:0]
    numbers = np.array([model.labels.index(intent) for intent in owners], dtype=np.int64)
    some = slice(None, None, -(-len(known) * len(references) // MOST_COMPARED) or None)
    near = nearest_by_kin(embeddings[known[some]], targets[some].numpy(), references, numbers, SAME)
    doubt = fit_doubt(logits[some].float().numpy(), targets[some].numpy(), *near, temperature)
    thresholds = Thresholds(answer, plausible(own, confidence.numpy(), answer), doubt.threshold if doubt else None)
    return Calibration(temperature, thresholds, doubt)


def plausible(own: NDArray[np.float64], confidence: NDArray[np.float64], answer: float) -> float | None:
    """The probability that the right intents of COVERED_SHARE of the unsure rows reach; None for too few rows.

    Split conformal prediction (Sadinle et al. 2019, least ambiguous sets) within the rows that are less sure than
    `answer`: among all rows the sure ones would use up the coverage, and leave none to those that are asked about. At
    least FEWEST rows count, the least sure. Shapes: own, the probability of the right intent, and confidence (rows,).
    """
    if len(own) < FEWEST:
        return None
    unsure = max(FEWEST, int((confidence < answer).sum()))
    asked = np.sort(own[np.argsort(confidence, kind="stable")[:unsure]])
    # Of n + 1 exchangeable rows, the new one among them, at most this many may fall below.
    missed = int((1 - COVERED_SHARE) * (len(asked) + 1))
    return float(asked[missed - 1]) if missed else 0.0
