"""Embeddings as messages are logged with them: numbers in single precision, little-endian."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from functools import cache

import numpy as np

from assistant.model.encoder import Vectors

log = logging.getLogger(__name__)

WIDTH = 4  # bytes of a number


def read_embedding(stored: object, dimension: int) -> Vectors | None:
    """None where there is none, or a damaged one: the text has to be embedded anew. Shape: (dimension,)."""
    if stored is None:
        return None
    if isinstance(stored, bytes) and len(stored) == WIDTH * dimension:
        vector: Vectors = np.frombuffer(stored, dtype="<f4")
        if np.isfinite(vector).all():
            return vector
    _tell()
    return None


def usual_dimension(stored: Iterable[object]) -> int:
    """That of most of these embeddings, all of one encoder; 0 where none can be read."""
    lengths = Counter(len(one) for one in stored if isinstance(one, bytes) and one and len(one) % WIDTH == 0)
    return lengths.most_common(1)[0][0] // WIDTH if lengths else 0


@cache
def _tell() -> None:
    """Once: whoever reads one damaged embedding reads it at every message."""
    log.warning("messages.embedding: some in the database are damaged; they are passed over, and nothing else is lost")
