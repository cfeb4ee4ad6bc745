"""Core sets: rows that cover an intent, or rows at its border."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from assistant.learning.selection.base import Candidates
from assistant.model.encoder import Vectors


@dataclass(frozen=True, slots=True)
class CoreSet:
    """`kind` "centres": k-centre greedy (Gonzalez 1985; Sener & Savarese 2018), so that no row is far from a kept one.
    `kind` "boundary": the rows nearest another intent's, by cosine, where the border between the two must hold.
    """

    keeps_rows: ClassVar[bool] = True

    kind: Literal["centres", "boundary"] = "centres"

    def select(self, candidates: Candidates, budget: int) -> NDArray[np.int64]:
        return _boundary(candidates, budget) if self.kind == "boundary" else _centres(candidates.vectors, budget)


def _centres(vectors: Vectors, budget: int) -> NDArray[np.int64]:
    """The row nearest the mean, then again and again the one farthest from all that are kept."""
    kept: list[int] = []
    row = int(np.square(vectors - vectors.mean(axis=0)).sum(axis=1).argmin())
    nearest = np.full(len(vectors), np.inf)
    while len(kept) < min(budget, len(vectors)):
        kept.append(row)
        nearest = np.minimum(nearest, np.square(vectors - vectors[row]).sum(axis=1))
        nearest[kept] = -1.0
        row = int(nearest.argmax())
    return np.array(kept, dtype=np.int64)


def _boundary(candidates: Candidates, budget: int) -> NDArray[np.int64]:
    others = candidates.others
    if not len(others):
        return _centres(candidates.vectors, budget)  # an intent alone has no border
    closeness = (candidates.vectors @ others.T).max(axis=1)
    return np.argsort(-closeness, kind="stable")[:budget].astype(np.int64)
