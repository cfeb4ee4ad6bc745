"""What every contender is measured against: classifiers of known worth that need no code of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from assistant.domain import LabelledText
from assistant.model.encoder import TextEncoder, Vectors

STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1)  # of LogisticRegression's C, the inverse of its regularisation
FOLD = 5  # one row in so many judges the strengths


class JointRetrain:
    """A linear head trained anew every night on all rows ever seen: what a learner could know that forgets nothing.

    scikit-learn's logistic regression and not our own first-version training, so that a fault in the latter cannot
    lower the mark that it is measured against. Its C is chosen once, on a fifth of the first night's rows held back,
    by accuracy, then likelihood. Of a text given twice the last label counts, as in `update()`.
    """

    def __init__(self, encoder: TextEncoder, seed: int) -> None:
        self.encoder, self._seed = encoder, seed
        self._intents: dict[str, str] = {}  # by text
        self._centre: Vectors = np.zeros(encoder.dimension, dtype=np.float32)
        self._spread, self._strength = 1.0, STRENGTHS[0]  # these three as the first night says
        self._model: Any = None  # scikit-learn ships no types

    def learn(self, new: Sequence[LabelledText]) -> None:
        first = not self._intents
        self._intents |= {row.text: row.intent for row in new}
        embeddings = self.encoder.embed(list(self._intents))
        intents = np.array(list(self._intents.values()))
        if first:
            self._centre, self._spread = embeddings.mean(axis=0), float(embeddings.std()) or 1.0
            self._strength = _chosen(self._placed(embeddings), intents, self._seed)
        self._model = _fitted(self._placed(embeddings), intents, self._strength)

    def predict(self, embeddings: Vectors) -> list[str]:
        predicted: list[str] = self._model.predict(self._placed(embeddings)).tolist()
        return predicted

    def _placed(self, embeddings: Vectors) -> Vectors:
        """Moved and scaled as a whole, which spares the solver two thirds of its steps and changes no optimum."""
        placed: Vectors = (embeddings - self._centre) / np.float32(self._spread)
        return placed


class NearestMean:
    """The intent whose mean embedding, over all its rows, has the highest cosine similarity (Mensink et al. 2013).

    Sums are all that it keeps, and no row moves another intent's: it cannot forget, but draws no fine boundaries.
    """

    def __init__(self, encoder: TextEncoder, seed: int) -> None:
        self.encoder = encoder
        self._sums: dict[str, NDArray[np.float64]] = {}

    def learn(self, new: Sequence[LabelledText]) -> None:
        for row, vector in zip(new, self.encoder.embed([row.text for row in new]), strict=True):
            self._sums[row.intent] = self._sums.get(row.intent, np.zeros(len(vector))) + vector

    def predict(self, embeddings: Vectors) -> list[str]:
        intents, sums = list(self._sums), np.stack(list(self._sums.values()))
        means = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return [intents[best] for best in (embeddings @ means.T).argmax(axis=1).tolist()]


ANCHORS: dict[str, type[JointRetrain] | type[NearestMean]] = {"joint": JointRetrain, "nearest-mean": NearestMean}


def _chosen(embeddings: Vectors, intents: NDArray[np.str_], seed: int) -> float:
    """The one of STRENGTHS that does best on every fifth row of each intent, in a random order.

    The middle one where no intent has that many rows, or there is but one intent.
    """
    held = np.zeros(len(intents), dtype=bool)
    order = np.random.RandomState(seed).permutation(len(intents))
    for intent in np.unique(intents):
        held[order[intents[order] == intent][FOLD - 1 :: FOLD]] = True
    if not held.any() or len(np.unique(intents)) == 1:
        return STRENGTHS[len(STRENGTHS) // 2]

    def worth(strength: float) -> tuple[float, float]:
        model = _fitted(embeddings[~held], intents[~held], strength)
        shares = model.predict_proba(embeddings[held])
        right = model.classes_[shares.argmax(axis=1)] == intents[held]
        # Where the first intents are easy, all strengths are equally accurate.
        return float(right.mean()), -float(log_loss(intents[held], shares, labels=model.classes_))

    return max(STRENGTHS, key=worth)


def _fitted(embeddings: Vectors, intents: NDArray[np.str_], strength: float) -> Any:
    """A fitted classifier. Shape of embeddings: (rows, dimension)."""
    alone = len(np.unique(intents)) == 1  # which a logistic regression refuses
    model = DummyClassifier() if alone else LogisticRegression(C=strength, max_iter=2000)
    return model.fit(embeddings, intents)
