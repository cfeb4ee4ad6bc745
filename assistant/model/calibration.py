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
from assistant.model.doubt_fit import FEWEST, fit_doubt
from assistant.model.encoder import Vectors, last_layer
from assistant.model.ranking import Calibration
from assistant.model.references import References

# The share of rightly recognised rows that the assistant answers without asking back. It fixes one point of the
# trade-off between needless questions and wrong answers; the confidence that belongs to it is fitted.
ANSWERED_SHARE = 0.95
COVERED_SHARE = 0.9  # of the messages that the assistant is unsure of, how many are to find their intent offered
FEWEST_ASKED = round(1 / (1 - COVERED_SHARE)) - 1  # rows; of fewer none may fall below, and all intents are plausible


def calibrate(model: IntentClassifier, embeddings: Vectors, intents: Sequence[str]) -> Calibration:
    """The temperature with the least negative log-likelihood on the rows, the thresholds and the doubt.

    Rows whose intent the model does not know are ignored; without rows the calibration stays as it was.
    Shape of embeddings: (rows, dimension).
    """
    known = [i for i, intent in enumerate(intents) if intent in model.labels]
    if not known:
        return model.calibration
    logits = model.logits(embeddings[known]).double()
    targets = torch.tensor([model.labels.index(intents[i]) for i in known])
    temperature = _temperature(logits, targets)
    probabilities = torch.softmax(logits / temperature, dim=1)
    confidence, predicted = probabilities.max(dim=1)
    right = confidence[predicted == targets].numpy()
    answer = float(np.quantile(right, 1 - ANSWERED_SHARE)) if len(right) else 1.0
    own = probabilities[torch.arange(len(targets)), targets].numpy()
    references = model.references or References.of(embeddings[:0], (), model.labels)
    doubt = fit_doubt(
        logits.float().numpy(),
        targets.numpy(),
        embeddings[known],
        references,
        temperature,
        model.logits(references.outside).numpy() if len(references.outside) else None,
        last_layer(model.encoder),
    )
    thresholds = Thresholds(answer, plausible(own, confidence.numpy(), answer), doubt.threshold if doubt else None)
    return Calibration(temperature, thresholds, doubt)


def _temperature(logits: torch.Tensor, targets: torch.Tensor) -> float:
    """That with the least negative log-likelihood, where each label may as well be the best other intent, with the
    probability 1 / (rows + 2).

    Platt's smoothed targets (1999): of a few rows that are all recognised the likelihood alone would make every message
    one hundred percent sure. Shapes: logits (rows, intents), targets (rows,).
    """
    others = logits.scatter(1, targets[:, None], -torch.inf)
    if not others.isfinite().any():  # a single intent has no other
        return 1.0
    rivals, mistaken = others.argmax(dim=1), 1 / (len(targets) + 2)

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        own, other = functional.cross_entropy(scaled, targets), functional.cross_entropy(scaled, rivals)
        return float((1 - mistaken) * own + mistaken * other)

    return float(np.exp(minimize_scalar(loss, bounds=(-4.0, 4.0), method="bounded").x))


def plausible(own: NDArray[np.float64], confidence: NDArray[np.float64], answer: float) -> float | None:
    """The probability that the right intents of COVERED_SHARE of the unsure rows reach; None for too few rows.

    Split conformal prediction (Sadinle et al. 2019, least ambiguous sets) within the rows that are less sure than
    `answer`: among all rows the sure ones would use up the coverage, and leave none to those that are asked about; and
    so would rows of theirs that fill up a small number. Only where fewer than FEWEST_ASKED are unsure, which can
    prove nothing, the least sure rows beside them count. Shapes: own, the probability of the right intent, and
    confidence (rows,).
    """
    if len(own) < FEWEST:
        return None
    unsure = max(FEWEST_ASKED, int((confidence < answer).sum()))
    asked = np.sort(own[np.argsort(confidence, kind="stable")[:unsure]])
    # Of n + 1 exchangeable rows, the new one among them, this many may fall below. It is seldom a whole number, and
    # with few rows rounding down would cover several points too much, with sets twice as large.
    missed = (1 - COVERED_SHARE) * (len(asked) + 1)
    return float(np.interp(missed - 1, np.arange(len(asked)), asked))
