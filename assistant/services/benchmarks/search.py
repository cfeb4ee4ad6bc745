"""How well and how fast the nearest exemplars are found among very many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import numpy as np

from assistant.learning.memory import EXACT_BELOW, VectorIndex
from assistant.services.benchmarks.cost import SyntheticEncoder

NEAREST = 10
QUERIES, WARMING = 300, 50  # others are asked before the clock runs, as a server asks its version at the start
PER_INTENT = 20
CHUNK = 50_000  # vectors made or compared at a time


@dataclass(frozen=True, slots=True)
class Search:
    """`recall` is the share of the truly ten nearest that are found; times are of single queries."""

    vectors: int
    dimension: int
    recall: float
    p50_ms: float
    p99_ms: float
    build_seconds: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_markdown(self) -> str:
        return (
            "| exemplars | dimension | recall@10 % | median ms | p99 ms | index built in s |\n"
            "|---:|---:|---:|---:|---:|---:|\n"
            f"| {self.vectors:,} | {self.dimension} | {100 * self.recall:.2f} | {self.p50_ms:.2f} | {self.p99_ms:.2f}"
            f" | {self.build_seconds:.1f} |"
        )


def run_search(
    vectors: int,
    dimension: int,
    progress: Callable[[str, int, int], None] | None = None,
    exact_below: int = EXACT_BELOW,
) -> Search:
    """`vectors` exemplars, 20 to an intent; queries are further rows of the same intents."""
    report = progress or (lambda what, done, total: None)
    intents = max(1, vectors // PER_INTENT)
    encoder = SyntheticEncoder(intents, dimension)
    rows = np.empty((vectors, dimension), dtype=np.float16)  # as a memory holds them
    for start in range(0, vectors, CHUNK):
        owners = (np.arange(start, min(start + CHUNK, vectors)) // PER_INTENT) % intents
        rows[start : start + CHUNK] = encoder.around(owners.tolist(), [1, start])
        report("exemplars", min(start + CHUNK, vectors), vectors)
    asked = encoder.around(np.random.default_rng(3).integers(intents, size=QUERIES).tolist(), [2])
    report("index", 0, 1)
    clock = perf_counter()
    index = VectorIndex(rows, np.arange(vectors, dtype=np.int64), exact_below)
    built = perf_counter() - clock
    report("index", 1, 1)
    count = min(NEAREST, vectors)
    best = np.full((QUERIES, count), -np.inf, dtype=np.float32)
    for start in range(0, vectors, CHUNK):
        both = np.concatenate([best, asked @ rows[start : start + CHUNK].astype(np.float32).T], axis=1)
        best = -np.partition(-both, count - 1, axis=1)[:, :count]
    for vector in encoder.around(np.random.default_rng(4).integers(intents, size=WARMING).tolist(), [3]):
        index.search(vector, count)
    hits, milliseconds = 0, []
    for vector, least in zip(asked, best.min(axis=1), strict=True):
        clock = perf_counter()
        similarities, _ = index.search(vector, count)
        milliseconds.append(1000 * (perf_counter() - clock))
        hits += int((similarities >= least - 1e-6).sum())
    p50, p99 = np.quantile(milliseconds, [0.5, 0.99]).tolist()
    return Search(vectors, dimension, hits / (QUERIES * count), p50, p99, built)
