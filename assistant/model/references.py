"""The learned texts that messages are compared with, and how near a message comes to them, without torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.domain import LabelSet
from assistant.model.encoder import Vectors

Scores = NDArray[np.float64]

NEAREST = 3  # texts that say how densely an intent is known where a message lies
SAME = 0.9999  # the cosine from which a learned text is the row itself, which must not vouch for it
CHUNK, BLOCK = 512, 2048  # messages and texts compared at once, which takes about 30 MB
FEW = 32  # messages up to which an index is asked; for more, a product of all with all is faster
WIDE = 2**26  # numbers up to which texts are held in single precision, which compares faster
NONE = -2.0  # below any cosine


Found = tuple[NDArray[np.float32], NDArray[np.int64]]  # inner products, falling, and the numbers of the texts


class Search(Protocol):
    """Finds the at most `count` learned texts with the highest inner product, of all or the last `width` numbers."""

    def __call__(self, vector: NDArray[np.float32], count: int, width: int = 0) -> Found: ...


class Nearness(NamedTuple):
    """What the learned texts say of messages, the higher the stranger. Shapes: (rows,), all; None without such texts.

    `distance` is minus the cosine to the nearest text (Sun et al. 2022), in the encoder's last layer alone, where
    distance is meaning rather than wording. `isolation` is how much nearer the NEAREST nearest texts are to others of
    their own intent than the message is to them (after Breunig et al. 2000): what is far for one intent is usual for
    another. `likeness` is the cosine to the nearest text that has none of the intents.
    """

    distance: Scores | None
    isolation: Scores | None
    likeness: Scores | None


@dataclass(frozen=True, eq=False)
class References:
    """Unit vectors of learned texts, and of texts that people labelled as out of scope.

    Shapes: vectors (rows, dimension); owners (rows,), the intent of each as a column of the logits; closeness (rows,),
    its mean cosine to the NEAREST nearest others of its intent; outside (any, dimension). `search`, where there is one,
    finds the nearest of `vectors` for a few messages faster than by comparing them with all.
    """

    vectors: NDArray[np.floating[Any]] = field(repr=False)
    owners: NDArray[np.int64] = field(repr=False)
    closeness: Scores = field(repr=False)
    outside: Vectors = field(repr=False)
    search: Search | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        vectors: NDArray[np.floating[Any]],
        intents: Sequence[str],
        labels: LabelSet,
        outside: Vectors | None = None,
        search: Search | None = None,
    ) -> References:
        """Of texts with these embeddings, in single or half precision, and intents, all among the labels."""
        columns = {intent: column for column, intent in enumerate(labels)}
        owners = np.array([columns[intent] for intent in intents], dtype=np.int64)
        none = np.empty((0, vectors.shape[1]), dtype=np.float32)
        closeness = _closeness(vectors, owners)
        if vectors.size <= WIDE:
            vectors = vectors.astype(np.float32, copy=False)
        return cls(vectors, owners, closeness, none if outside is None else outside, search)

    def nearness(
        self, embeddings: Vectors, width: int, *, without: NDArray[np.int64] | None = None, itself: bool = True
    ) -> Nearness:
        """How near messages come. Shape of embeddings: (rows, dimension), unit vectors.

        `width` is how many of the last numbers of an embedding are the last layer's; 0 for all of them. `without`
        (rows,) names an intent for each message whose texts do not count; without `itself` no text equal to it does.
        """
        parts = list(self._parts(embeddings, width, without, itself))
        if not parts:
            parts = [(np.zeros(0), np.zeros(0), np.zeros(0))]
        distance, isolation, likeness = (np.concatenate(part) for part in zip(*parts, strict=True))
        there = len(self.vectors) > 0
        return Nearness(
            distance if there else None, isolation if there else None, likeness if len(self.outside) else None
        )

    def _parts(
        self, embeddings: Vectors, width: int, without: NDArray[np.int64] | None, itself: bool
    ) -> Iterator[tuple[Scores, Scores, Scores]]:
        for start in range(0, len(embeddings), CHUNK):
            rows = embeddings[start : start + CHUNK]
            strange = rows @ self.outside.T
            if not itself:
                strange[strange >= SAME] = NONE
            likeness = strange.max(axis=1, initial=NONE).astype(np.float64)
            without_here = None if without is None else without[start : start + CHUNK]
            if self.search is not None and len(embeddings) <= FEW and without is None and itself:
                apart = self._found(rows, width, self.search)
            else:
                apart = self._apart(rows, width, without_here, itself)
            yield *apart, likeness

    def _found(self, rows: Vectors, width: int, search: Search) -> tuple[Scores, Scores]:
        """Distance and isolation, by the index."""
        distance, isolation = np.zeros(len(rows)), np.zeros(len(rows))
        for number, row in enumerate(rows if len(self.vectors) else ()):
            cosines, texts = search(row, NEAREST)
            isolation[number] = (self.closeness[texts] - cosines).mean()
            distance[number] = -search(row, 1, width)[0][0]
        return distance, isolation

    def _apart(
        self, rows: Vectors, width: int, without: NDArray[np.int64] | None, itself: bool
    ) -> tuple[Scores, Scores]:
        """Distance and isolation, the texts a block at a time: very many are in half precision, and widened once."""
        best, closeness = np.empty((len(rows), 0), np.float32), np.empty((len(rows), 0))
        deepest = np.full(len(rows), NONE, dtype=np.float32)
        for start in range(0, len(self.vectors), BLOCK):
            texts = self.vectors[start : start + BLOCK].astype(np.float32, copy=False)
            cosines = rows @ texts.T
            gone = np.zeros(cosines.shape, dtype=bool) if itself else cosines >= SAME
            if without is not None:
                gone |= self.owners[None, start : start + BLOCK] == without[:, None]
            deep = rows[:, -width:] @ texts[:, -width:].T if 0 < width < rows.shape[1] else cosines
            cosines[gone] = deep[gone] = NONE
            deepest = np.maximum(deepest, deep.max(axis=1))
            usual = np.broadcast_to(self.closeness[start : start + BLOCK], cosines.shape)
            best, closeness = _nearest(np.hstack([best, cosines]), np.hstack([closeness, usual]))
        apart = (closeness - best).mean(axis=1) if len(self.vectors) else np.zeros(len(rows))
        return -deepest.astype(np.float64), apart.astype(np.float64)


def _nearest(cosines: Vectors, closeness: Scores) -> tuple[Vectors, Scores]:
    """The columns of the NEAREST highest cosines of each row. Shape: (rows, any) -> (rows, at most NEAREST), twice."""
    count = min(NEAREST, cosines.shape[1])
    columns = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    return np.take_along_axis(cosines, columns, axis=1), np.take_along_axis(closeness, columns, axis=1)


def _closeness(vectors: NDArray[np.floating[Any]], owners: NDArray[np.int64]) -> Scores:
    """The mean cosine of each text to the NEAREST nearest others of its intent; what is usual where there are none."""
    found = np.full(len(owners), np.nan)
    order = np.argsort(owners, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(owners[order])) + 1):
        count = min(NEAREST, len(rows) - 1)
        if count > 0:
            own = vectors[rows].astype(np.float32, copy=False)
            cosines = own @ own.T
            np.fill_diagonal(cosines, NONE)
            found[rows] = -np.partition(-cosines, count - 1, axis=1)[:, :count].mean(axis=1)
    usual = np.nanmean(found) if np.isfinite(found).any() else 0.0
    return np.where(np.isnan(found), usual, found)
