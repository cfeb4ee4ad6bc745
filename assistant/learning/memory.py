"""The exemplar memory: what is kept of the past, searchable. The one door to faiss."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from assistant.domain import Neighbour
from assistant.learning.gaussians import Gaussians
from assistant.model.encoder import Vectors

# Below so many vectors every one is compared: 20 exemplars for each of 1,000 intents take well under a millisecond.
EXACT_BELOW = 100_000
# Beyond, lists of vectors that lie close together, of which the nearest are read (Jégou et al. 2011).
LISTS_READ, TRAINING_ROWS, SPARE = 24, 48, 8


class VectorIndex:
    """The ids of the vectors with the highest inner product: exactly for few, nearly so for many.

    With `exact_below` vectors or more an inverted file of codes of one byte a coordinate proposes SPARE times as many
    as asked for, and their vectors, which the caller holds anyway, say which are the nearest.
    """

    def __init__(self, vectors: Vectors, ids: NDArray[np.int64], exact_below: int = EXACT_BELOW) -> None:
        self._vectors, self._ids, self._exact = np.ascontiguousarray(vectors), ids, len(vectors) < exact_below
        dimension = vectors.shape[1]
        if self._exact:
            self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))  # faiss ships no types
            self._index.add_with_ids(self._vectors, ids)
            if getattr(faiss, "get_num_gpus", lambda: 0)() > 0:
                self._index = faiss.index_cpu_to_all_gpus(self._index)
            return
        lists = max(1, round(2 * len(vectors) ** 0.5))
        self._coarse = faiss.IndexFlatIP(dimension)
        self._index = faiss.IndexIVFScalarQuantizer(
            self._coarse, dimension, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
        )
        self._index.cp.max_points_per_centroid = TRAINING_ROWS
        self._index.cp.min_points_per_centroid = 1
        draw = np.random.default_rng(0)  # of equal vectors equal lists
        size = min(len(vectors), lists * TRAINING_ROWS)
        self._index.train(self._vectors[np.sort(draw.choice(len(vectors), size, replace=False))])
        self._index.add(self._vectors)
        self._index.nprobe = min(lists, LISTS_READ)

    def search(self, vector: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Inner products, falling, and ids, at most `count` >= 1 of them. Shape of vector: (dimension,)."""
        asked = np.ascontiguousarray(vector[None], dtype=np.float32)
        if self._exact:
            similarities, ids = self._index.search(asked, count)
            return similarities[0], ids[0]
        _, rows = self._index.search(asked, SPARE * count)
        found = rows[0][rows[0] >= 0]
        similarities = self._vectors[found] @ asked[0]
        order = np.argsort(-similarities, kind="stable")[:count]
        return similarities[order], self._ids[found[order]]


@dataclass(frozen=True)
class ExemplarMemory:
    """Labelled texts with their unit-length embeddings, a few per intent. Treated as a value.

    Shape of vectors: (len(texts), dimension), float32. `arrived` has the rows that each intent has had in all, kept
    or not; `gaussians` stands for rows of which none may be kept.
    """

    texts: tuple[str, ...]
    intents: tuple[str, ...]
    vectors: Vectors = field(repr=False)
    arrived: Mapping[str, int] = field(default_factory=dict)
    gaussians: Gaussians | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for parts that do not belong together."""
        if not len(self.texts) == len(self.intents) == len(self.vectors):
            raise ValueError(
                f"memory of {len(self.texts)} texts, {len(self.intents)} intents and {len(self.vectors)} vectors"
            )
        if any(count < 0 for count in self.arrived.values()):
            raise ValueError(f"memory of intents that a negative number of rows came of: {dict(self.arrived)}")
        if self.gaussians is not None and self.gaussians.means.shape[1] != self.vectors.shape[1]:
            raise ValueError(f"memory of {self.vectors.shape[1]} dimensions with {self.gaussians.means.shape[1]}")

    @classmethod
    def empty(cls, dimension: int) -> ExemplarMemory:
        return cls((), (), np.empty((0, dimension), dtype=np.float32))

    def __len__(self) -> int:
        return len(self.texts)

    def taken(self, rows: Sequence[int] | NDArray[np.int64]) -> ExemplarMemory:
        """The memory that of its exemplars holds just these, in this order."""
        return replace(
            self,
            texts=tuple(self.texts[i] for i in rows),
            intents=tuple(self.intents[i] for i in rows),
            vectors=self.vectors[np.asarray(rows, dtype=np.int64)],
        )

    def joined(self, other: ExemplarMemory) -> ExemplarMemory:
        """With the exemplars of `other` after its own."""
        return replace(
            self,
            texts=self.texts + other.texts,
            intents=self.intents + other.intents,
            vectors=np.concatenate([self.vectors, other.vectors]),
        )

    def nearest(self, vector: NDArray[np.float32], count: int) -> list[Neighbour]:
        """The `count` exemplars of highest cosine similarity. Shape of vector: (dimension,)."""
        if not len(self) or count < 1:
            return []
        similarities, ids = self._index.search(vector, min(count, len(self)))
        return [
            Neighbour(self.texts[row], self.intents[row], float(np.clip(similarity, -1.0, 1.0)))
            for similarity, row in zip(similarities, (self._rows[int(i)] for i in ids), strict=True)
        ]

    @cached_property
    def _rows(self) -> dict[int, int]:
        return {exemplar_id(text): row for row, text in enumerate(self.texts)}

    @cached_property
    def _index(self) -> VectorIndex:
        # Ids of our own, since faiss' positional ids shift when anything is removed.
        return VectorIndex(self.vectors, np.array([exemplar_id(text) for text in self.texts], dtype=np.int64))


def exemplar_id(text: str) -> int:
    """A positive 63-bit id that depends on the text alone, so that it survives every rebuild of the index."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
