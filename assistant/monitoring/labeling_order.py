"""Which message teaches most when a person labels it, and in which order to ask so that no two say the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]

NEIGHBOURS = 10
CHUNK = 1024


def labelling_values(
    probabilities: NDArray[np.float32], vectors: Vectors, labelled: Vectors, *, limit: int | None = None
) -> Floats:
    """The value of labelling each message, in [0, 1]; the messages in falling order of it are the order to ask in.

    A value is uncertainty (one less the margin between the two likeliest intents; Scheffer et al. 2001) x density
    (mean cosine to its nearest others: a message like many teaches about many; Settles & Craven 2008) x novelty (one
    less the greatest cosine to what is labelled or stands before it: of ten near-copies nine wait), shared by the
    messages that stand before it and are probably of the same intent: intents take turns. Cosines are taken about the
    mean of all vectors. Only the first `limit` are put in order one by one; the others get what they have
    left then. Shapes: probabilities (rows, intents), vectors (rows, dimension), labelled (any, dimension).
    """
    if not len(vectors):
        return np.zeros(0)
    pool, known = _centred(vectors, labelled)
    worth = uncertainty(probabilities) * density(pool)
    nearest = _nearest(pool, known)
    sharing = np.ones(len(pool))  # the message itself, and how many before it one expects to be of its intent
    values = np.zeros(len(pool))
    waiting = np.ones(len(pool), dtype=bool)

    def left() -> Floats:
        shares: Floats = worth * np.clip(1.0 - nearest, 0.0, 1.0) / sharing
        return shares

    for _ in range(len(pool) if limit is None else min(limit, len(pool))):
        remaining = left()
        best = int(np.where(waiting, remaining, -1.0).argmax())
        values[best], waiting[best] = remaining[best], False
        nearest = np.maximum(nearest, pool @ pool[best])
        sharing += probabilities @ probabilities[best]
    values[waiting] = left()[waiting]
    return values


def uncertainty(probabilities: NDArray[np.float32]) -> Floats:
    """One less the margin between the two highest of each row, in [0, 1]. Shape: (rows, intents) -> (rows,)."""
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities))
    best = -np.partition(-probabilities.astype(np.float64), 1, axis=1)[:, :2]
    margins: Floats = 1.0 - (best[:, 0] - best[:, 1])
    return margins


def density(unit: Vectors) -> Floats:
    """The mean cosine of each row to its NEIGHBOURS nearest others, in [0, 1]. Shape: (rows, dimension) -> (rows,)."""
    count = min(NEIGHBOURS, len(unit) - 1)
    if count < 1:
        return np.ones(len(unit))
    found = np.empty(len(unit))
    for start in range(0, len(unit), CHUNK):
        similarities = unit[start : start + CHUNK] @ unit.T
        similarities[np.arange(len(similarities)), np.arange(start, start + len(similarities))] = -np.inf
        found[start : start + CHUNK] = -np.partition(-similarities, count - 1, axis=1)[:, :count].mean(axis=1)
    return np.clip(found, 0.01, 1.0)


def _centred(vectors: Vectors, labelled: Vectors) -> tuple[Vectors, Vectors]:
    """Unit vectors about the common mean: what all messages share says nothing of how new one is."""
    mean = np.concatenate([vectors, labelled]).mean(axis=0) if len(vectors) + len(labelled) > 1 else 0.0
    parts = [part - mean for part in (vectors, labelled)]
    unit = [part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-12) for part in parts]
    return unit[0].astype(np.float32), unit[1].astype(np.float32)


def _nearest(pool: Vectors, known: Vectors) -> Floats:
    nearest = np.zeros(len(pool))
    for start in range(0, len(pool) if len(known) else 0, CHUNK):
        nearest[start : start + CHUNK] = (pool[start : start + CHUNK] @ known.T).max(axis=1)
    return nearest


# Strategies of the benchmark: (probabilities, vectors, labelled, how many, generator) -> rows to label.
Strategy = Callable[[NDArray[np.float32], Vectors, Vectors, int, np.random.Generator], Sequence[int]]


def by_value(
    probabilities: NDArray[np.float32], vectors: Vectors, labelled: Vectors, count: int, generator: np.random.Generator
) -> Sequence[int]:
    """The messages of highest value, as the desk asks for them."""
    values = labelling_values(probabilities, vectors, labelled, limit=count)
    order: list[int] = np.argsort(-values, kind="stable")[:count].tolist()
    return order


def at_random(
    probabilities: NDArray[np.float32], vectors: Vectors, labelled: Vectors, count: int, generator: np.random.Generator
) -> Sequence[int]:
    """Any messages."""
    chosen: list[int] = generator.permutation(len(vectors))[:count].tolist()
    return chosen


def by_margin(
    probabilities: NDArray[np.float32], vectors: Vectors, labelled: Vectors, count: int, generator: np.random.Generator
) -> Sequence[int]:
    """The most uncertain messages."""
    order: list[int] = np.argsort(-uncertainty(probabilities), kind="stable")[:count].tolist()
    return order


def by_gradient(
    probabilities: NDArray[np.float32], vectors: Vectors, labelled: Vectors, count: int, generator: np.random.Generator
) -> Sequence[int]:
    """As BADGE does (Ash et al. 2020): k-means++ seeds among the gradients that the first guesses would give.

    A gradient is the outer product of (probabilities − first guess) and the embedding, so that inner products are
    products of inner products and no gradient is ever written down.
    """
    centred = vectors - vectors.mean(axis=0)
    residuals = probabilities.astype(np.float64)
    residuals[np.arange(len(residuals)), residuals.argmax(axis=1)] -= 1.0
    squares = (residuals**2).sum(axis=1) * (centred**2).sum(axis=1)
    chosen = [int(squares.argmax())]
    distances = np.full(len(squares), np.inf)
    while len(chosen) < min(count, len(squares)):
        last = chosen[-1]
        products = (residuals @ residuals[last]) * (centred @ centred[last])
        distances = np.minimum(distances, np.maximum(squares + squares[last] - 2 * products, 0.0))
        distances[chosen] = 0.0
        total = distances.sum()
        if total <= 0:
            break
        chosen.append(int(generator.choice(len(distances), p=distances / total)))
    return chosen


STRATEGIES: dict[str, Strategy] = {
    "random": at_random,
    "margin": by_margin,
    "badge": by_gradient,
    "value": by_value,
}
