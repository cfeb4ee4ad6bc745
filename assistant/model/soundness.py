"""What arrays of a version folder must be: a hash tells that a file is as it was written, not that it can answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS = 65_536  # looked at together: of very many exemplars a copy would be as large as they are


def require_finite(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Raises ValueError unless all of them hold finite numbers in floating point: of others every answer is empty."""
    for name, values in arrays.items():
        if values.dtype.kind != "f":
            raise ValueError(f"{name} holds {values.dtype}, which are no floating-point numbers")
        rows = np.atleast_1d(values)
        if not all(np.isfinite(rows[start : start + ROWS]).all() for start in range(0, len(rows), ROWS)):
            raise ValueError(f"{name} holds numbers that are not finite")


def require_embeddings(name: str, vectors: NDArray[Any], dimension: int) -> None:
    """Raises ValueError unless they are rows as the version's encoder gives them. Shape: (any, dimension)."""
    if vectors.ndim != 2 or vectors.shape[1] != dimension:
        raise ValueError(f"{name} has the shape {vectors.shape}, but the encoder gives {dimension} numbers for a text")
    require_finite({name: vectors})
