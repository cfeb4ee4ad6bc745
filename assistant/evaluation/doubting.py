"""How well a version knows what it does not know: figures over judged rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from assistant.domain import LabelledText
from assistant.learning.update import Learner
from assistant.model.encoder import Vectors
from assistant.model.ranking import softmax

BINS = 15  # of the calibration error, as in Guo et al. 2017
ACCEPTED = 0.95  # of the rows in scope, where false acceptances are counted


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares in [0, 1]. Out of scope is the positive class of `auroc`.

    `fpr95`: rows out of scope that are accepted where 95 % of those in scope are. `in_scope_accuracy` and `oos_recall`
    (Larson et al. 2019) are at the version's own threshold: in scope, accepted and recognised; out of scope, rejected.
    `ece` is the calibration error of the recognised intents, `ece_before` without temperature. `coverage` is the share
    of unsure rows in scope whose intent is in their set, `set_size` the mean size of those sets; None where no row is
    unsure.
    """

    auroc: float
    fpr95: float
    in_scope_accuracy: float
    oos_recall: float
    ece: float
    ece_before: float
    coverage: float | None
    set_size: float | None


@dataclass(frozen=True, eq=False)
class Confidences:
    """How sure the model was of each row in scope, and whether it was right. Shapes: (rows,), all."""

    before: NDArray[np.float32]
    after: NDArray[np.float32]
    right: NDArray[np.bool_]


def judged(learner: Learner, inside: Sequence[LabelledText], outside: Vectors) -> tuple[Figures, Confidences]:
    """The figures of a learner that can tell what is out of scope. Raises ValueError for one that cannot.

    All intents of `inside` are known to it. Shape of outside: (rows, dimension), embeddings.
    """
    model, calibration = learner.model, learner.model.calibration
    doubt = calibration.doubt
    if doubt is None:
        raise ValueError("this version was calibrated on too few rows to tell what is out of scope")
    embeddings = model.encoder.embed([row.text for row in inside])
    targets = np.array([model.labels.index(row.intent) for row in inside])
    logits = np.asarray(model.logits(embeddings))
    familiar = doubt.scores(logits, embeddings, model.references)
    strange = doubt.scores(np.asarray(model.logits(outside)), outside, model.references)
    right = logits.argmax(axis=1) == targets
    probabilities = softmax(logits, calibration.temperature)
    sure = Confidences(softmax(logits, 1.0).max(axis=1), probabilities.max(axis=1), right)
    truth = np.repeat([0, 1], [len(familiar), len(strange)])
    coverage = set_size = None
    unsure = sure.after < calibration.thresholds.answer
    if calibration.thresholds.plausible is not None and unsure.any():
        sets = probabilities[unsure] >= calibration.thresholds.plausible
        coverage = float(sets[np.arange(len(sets)), targets[unsure]].mean())
        set_size = float(sets.sum(axis=1).mean())
    figures = Figures(
        auroc=float(roc_auc_score(truth, np.concatenate([familiar, strange]))),
        fpr95=float((strange <= np.quantile(familiar, ACCEPTED)).mean()),
        in_scope_accuracy=float((right & (familiar < doubt.threshold)).mean()),
        oos_recall=float((strange >= doubt.threshold).mean()),
        ece=calibration_error(sure.after, right),
        ece_before=calibration_error(sure.before, right),
        coverage=coverage,
        set_size=set_size,
    )
    return figures, sure


def calibration_error(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    """The expected calibration error over BINS bins of equal width. Shapes: (rows,), both."""
    return sum(abs(sure - hit) * share for sure, hit, share in reliability(confidence, right))


def reliability(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> list[tuple[float, float, float]]:
    """Mean confidence, accuracy and share of the rows of each bin that has any, by rising confidence."""
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    found = []
    for place in np.unique(places):
        own = places == place
        found.append((float(confidence[own].mean()), float(right[own].mean()), float(own.mean())))
    return found
