"""Long lists in parts: SQLite limits the variables of one statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
CHUNK = 500


def chunks(values: Sequence[T]) -> Iterator[list[T]]:
    """All of them in their order, at most CHUNK at a time."""
    for start in range(0, len(values), CHUNK):
        yield list(values[start : start + CHUNK])
