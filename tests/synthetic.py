"""A language whose intents are plain to see, and an encoder for it: no model, yet vectors worth learning from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.domain import LabelledText
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner
from assistant.model.encoder import Progress, Vectors
from assistant.strategies import Spec

DIMENSION = 16


class WordEncoder:
    """Unit vectors that depend on the text alone: one direction for the first word, `noise` for the whole text."""

    def __init__(self, noise: float = 0.5) -> None:
        self.name, self.fingerprint, self.dimension = "words", f"words-{noise}", DIMENSION
        self.noise = noise
        self.embedded: list[str] = []

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.embedded += texts
        rows = [_normal(text.split()[0]) + self.noise * _normal(text) for text in texts]
        vectors = np.array(rows).reshape(len(texts), DIMENSION)
        unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return unit


def rows(*intents: str, count: int = 12, start: int = 0) -> list[LabelledText]:
    """`count` texts of each intent, numbered from `start`; an intent's name is its texts' first word."""
    return [LabelledText(f"{intent} {number}", intent) for intent in intents for number in range(start, start + count)]


def plan(
    regularizer: str | Spec = "ewc", selector: str = "herding", scope: str = "head", **options: object
) -> UpdatePlan:
    """A plan small enough to run in a fraction of a second."""
    small: dict[str, object] = {
        "hidden": 128,
        "iterations": 15,
        "dropout": 0.1,
        "batch_size": 32,
        "least_steps": 60,
        "epochs": 1,
        "learning_rate": 5e-3,
    }
    chosen = regularizer if isinstance(regularizer, Spec) else Spec(name=regularizer)
    return UpdatePlan(chosen, Spec(name=selector), Spec(name=scope), **{**small, **options})  # type: ignore[arg-type]


def accuracy(learner: Learner, judged: Sequence[LabelledText]) -> float:
    model = learner.model
    embeddings = model.encoder.embed([row.text for row in judged])
    return float(model.accuracy_rows(embeddings, [row.intent for row in judged]).mean())


def _normal(seed: str) -> NDArray[np.float64]:
    digest = hashlib.sha256(seed.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big")).normal(size=DIMENSION)
