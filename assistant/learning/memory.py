"""The exemplar memory: what is kept of the past, searchable. The one door to faiss."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from assistant.domain import Neighbour
from assistant.learning.gaussians import Gaussians
from assistant.model.encoder import Vectors
from assistant.model.references import Found

# Below so many vectors every one is compared: 20 exemplars for each of 1,000 intents take well under a millisecond.
EXACT_BELOW = 100_000
# Beyond, short codes of all of them are compared, which a register holds at once. Lists of neighbours (IVF) would read
# fewer, and miss what lies in the others: in as many directions as sentences have that is much.
DIRECTIONS = 128  # principal ones, which are coded: what they leave out, the exact comparison puts right
BITS = 4  # of a code: for two directions, or for each where there are fewer than DIRECTIONS
TRAINING_ROWS, SPARE = 65_536, 20
ADDED_AT_ONCE = 65_536  # vectors in single precision at a time
COMPARED_AT_ONCE = 512  # vectors on either side; with 20 exemplars for each of 1,000 intents that takes some 80 MB


class VectorIndex:
    """The ids of the vectors with the highest inner product: exactly for few, nearly so for many.

    With `exact_below` vectors or more, product codes of BITS bits (Jégou et al. 2011; compared within registers: André
    et al. 2015) propose SPARE times as many as asked for, and their vectors, which the caller holds anyway, say which
    are the nearest.
    """

    def __init__(
        self, vectors: NDArray[np.floating[Any]], ids: NDArray[np.int64], exact_below: int = EXACT_BELOW
    ) -> None:
        self._vectors, self._ids, self._exact = vectors, ids, len(vectors) < exact_below
        dimension = vectors.shape[1]
        if self._exact:
            on_gpus = getattr(faiss, "get_num_gpus", lambda: 0)() > 0
            # As they are held: a search is mostly the reading of them. GPUs take no such index.
            halves = vectors.dtype == np.float16 and not on_gpus
            kept = (faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
            flat = faiss.IndexScalarQuantizer(dimension, *kept) if halves else faiss.IndexFlatIP(dimension)
            self._index: Any = faiss.IndexIDMap2(flat)  # faiss ships no types
            for start in range(0, len(vectors), ADDED_AT_ONCE):
                some = slice(start, start + ADDED_AT_ONCE)
                self._index.add_with_ids(_single(vectors[some]), ids[some])
            if on_gpus:
                self._index = faiss.index_cpu_to_all_gpus(self._index)
            return
        directions = min(dimension, DIRECTIONS)
        codes = directions // (2 if directions == DIRECTIONS else 1)
        # Turned at random, so that no code has more to say than another.
        self._turned = faiss.PCAMatrix(dimension, directions, 0.0, True)
        self._codes = faiss.IndexPQFastScan(directions, codes, BITS, faiss.METRIC_INNER_PRODUCT)
        self._index = faiss.IndexPreTransform(self._turned, self._codes)
        draw = np.random.default_rng(0)  # of equal vectors equal codes
        size = min(len(vectors), TRAINING_ROWS)
        self._index.train(_single(vectors[np.sort(draw.choice(len(vectors), size, replace=False))]))
        for start in range(0, len(vectors), ADDED_AT_ONCE):
            self._index.add(_single(vectors[start : start + ADDED_AT_ONCE]))

    def search(self, vector: NDArray[np.float32], count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Inner products, falling, and ids, at most `count` >= 1 of them. Shape of vector: (dimension,)."""
        asked = np.ascontiguousarray(vector[None], dtype=np.float32)
        with _one_thread():
            similarities, rows = self._index.search(asked, count if self._exact else SPARE * count)
        if self._exact:
            return similarities[0], rows[0]
        found = rows[0][rows[0] >= 0]
        # Not `@`, which wakes a second thread for it.
        similarities = np.einsum("ij,j->i", _single(self._vectors[found]), asked[0])
        order = np.argsort(-similarities, kind="stable")[:count]
        return similarities[order], self._ids[found[order]]


@dataclass(frozen=True)
class ExemplarMemory:
    """Labelled texts with their unit-length embeddings, a few per intent. Treated as a value.

    Embeddings are held in half precision, whatever they are given in, which moves a cosine by about 1e-5: a version
    folder and a night among very many exemplars are mostly these. What is learned from a memory is what it holds, so
    that a row can leave the sums as it came. `arrived` has the rows that each intent has had in all, kept or not;
    `gaussians` stand for rows of which none may be kept. Shape of stored: (len(texts), dimension).
    """

    texts: tuple[str, ...]
    intents: tuple[str, ...]
    stored: NDArray[np.floating[Any]] = field(repr=False)
    arrived: Mapping[str, int] = field(default_factory=dict)
    gaussians: Gaussians | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for parts that do not belong together."""
        object.__setattr__(self, "stored", np.asarray(self.stored, dtype=np.float16))
        if not len(self.texts) == len(self.intents) == len(self.stored):
            raise ValueError(
                f"memory of {len(self.texts)} texts, {len(self.intents)} intents and {len(self.stored)} vectors"
            )
        if any(count < 0 for count in self.arrived.values()):
            raise ValueError(f"memory of intents that a negative number of rows came of: {dict(self.arrived)}")
        for intent, gaussian in (self.gaussians or {}).items():
            if len(gaussian.mean) != self.dimension:
                raise ValueError(
                    f"memory of {self.dimension} dimensions with a Gaussian of {len(gaussian.mean)}: {intent}"
                )

    @classmethod
    def empty(cls, dimension: int) -> ExemplarMemory:
        return cls((), (), np.empty((0, dimension), dtype=np.float16))

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def dimension(self) -> int:
        return int(self.stored.shape[1])

    @property
    def vectors(self) -> Vectors:
        """A copy of the embeddings in single precision: of very many, take some first."""
        return self.stored.astype(np.float32)

    def taken(self, rows: Sequence[int] | NDArray[np.int64]) -> ExemplarMemory:
        """The memory that of its exemplars holds just these, in this order."""
        return replace(
            self,
            texts=tuple(self.texts[i] for i in rows),
            intents=tuple(self.intents[i] for i in rows),
            stored=self.stored[np.asarray(rows, dtype=np.int64)],
        )

    def joined(self, other: ExemplarMemory) -> ExemplarMemory:
        """With the exemplars of `other` after its own."""
        return replace(
            self,
            texts=self.texts + other.texts,
            intents=self.intents + other.intents,
            stored=np.concatenate([self.stored, other.stored]),
        )

    def nearest(self, vector: NDArray[np.float32], count: int) -> list[Neighbour]:
        """The `count` exemplars of highest cosine similarity. Shape of vector: (dimension,)."""
        if not len(self) or count < 1:
            return []
        return self._neighbours(*self.search(vector, count))

    def nearest_of_each(self, vectors: Vectors, count: int) -> list[list[Neighbour]]:
        """`nearest` for each of many vectors: below EXACT_BELOW exemplars sooner, as all are compared in one product.
        Similarities may differ in the last digit. Shape of vectors: (rows, dimension)."""
        count = min(count, len(self))
        if count < 1 or len(self) >= EXACT_BELOW:
            return [self.nearest(vector, count) for vector in vectors]
        found = list[list[Neighbour]]()
        for start in range(0, len(vectors), COMPARED_AT_ONCE):
            some = vectors[start : start + COMPARED_AT_ONCE]
            blocks = range(0, len(self), COMPARED_AT_ONCE)
            parts = [some @ _single(self.stored[block : block + COMPARED_AT_ONCE]).T for block in blocks]
            for similarities in np.hstack(parts):
                best = np.argpartition(-similarities, count - 1)[:count]
                rows = best[np.argsort(-similarities[best], kind="stable")]
                found.append(self._neighbours(similarities[rows], rows))
        return found

    def _neighbours(self, similarities: NDArray[np.float32], rows: NDArray[np.int64]) -> list[Neighbour]:
        return [
            Neighbour(self.texts[row], self.intents[row], float(similarity))
            for similarity, row in zip(np.clip(similarities, -1.0, 1.0), rows, strict=True)
        ]

    def search(self, vector: NDArray[np.float32], count: int, width: int = 0) -> Found:
        """Inner products, falling, and the numbers of at most `count` >= 1 exemplars. Shape of vector: (dimension,).

        `width` compares only so many of the last numbers of an embedding; 0 all of them.
        """
        if width in (0, self.dimension):
            similarities, ids = self._index.search(vector, min(count, len(self)))
            return similarities, np.array([self._rows[int(i)] for i in ids], dtype=np.int64)
        if width not in self._parts:
            self._parts[width] = VectorIndex(self.stored[:, -width:], np.arange(len(self), dtype=np.int64))
        return self._parts[width].search(vector[-width:], min(count, len(self)))

    @cached_property
    def _parts(self) -> dict[int, VectorIndex]:
        return {}

    @cached_property
    def _rows(self) -> dict[int, int]:
        return {exemplar_id(text): row for row, text in enumerate(self.texts)}

    @cached_property
    def _index(self) -> VectorIndex:
        # Ids of our own, since faiss' positional ids shift when anything is removed.
        return VectorIndex(self.stored, np.array([exemplar_id(text) for text in self.texts], dtype=np.int64))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Waking a second thread for a single query takes faiss longer than the search."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)  # of this thread's work alone
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _single(vectors: NDArray[np.floating[Any]]) -> Vectors:
    return np.ascontiguousarray(vectors, dtype=np.float32)


def exemplar_id(text: str) -> int:
    """A positive 63-bit id that depends on the text alone, so that it survives every rebuild of the index."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
