"""How near messages are to learned texts, a block of texts at a time, so that very many need little room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
BLOCK = 8192  # texts compared at a time


def nearest(embeddings: Matrix, references: NDArray[np.floating[Any]]) -> Matrix:
    """The highest cosine of each row, unit vectors given, of at least one reference. Shape: (rows,)."""
    found = np.full(len(embeddings), -np.inf, dtype=np.float32)
    for _, similarities in _blocks(embeddings, references):
        np.maximum(found, similarities.max(axis=1), out=found)
    return found


def nearest_by_kin(
    embeddings: Matrix,
    targets: NDArray[np.int64],
    references: NDArray[np.floating[Any]],
    owners: NDArray[np.int64],
    same: float,
) -> tuple[Matrix, NDArray[np.int64]]:
    """Of each row the highest cosine to its own intent's references below `same`, to all others', and to those of them
    below `same`; -1 for none. What is asked of single cosines by intent and by `same`, these three answer as well.

    Shapes: targets (rows,), the intent of each row; references (references, dimension); owners (references,), theirs;
    the result (rows, 3), twice: cosines, and the intent of each or -1 for another one. Without references (rows, 0).
    """
    if not len(references):
        return np.empty((len(embeddings), 0), dtype=np.float32), np.empty((len(embeddings), 0), dtype=np.int64)
    found = np.full((len(embeddings), 3), -1.0, dtype=np.float32)
    for start, similarities in _blocks(embeddings, references):
        own = targets[:, None] == owners[start : start + similarities.shape[1]]
        for column, left_out in enumerate((~own | (similarities >= same), own, own | (similarities >= same))):
            best = np.where(left_out, np.float32(-1.0), similarities).max(axis=1)
            np.maximum(found[:, column], best, out=found[:, column])
    strangers = np.full(len(targets), -1)
    return found, np.stack([targets, strangers, strangers], axis=1)


def _blocks(embeddings: Matrix, references: NDArray[np.floating[Any]]) -> Iterator[tuple[int, Matrix]]:
    for start in range(0, len(references), BLOCK):
        yield start, embeddings @ references[start : start + BLOCK].astype(np.float32, copy=False).T
