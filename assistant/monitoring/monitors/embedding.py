"""Where messages lie in the encoder's space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assistant.monitoring.monitors.base import Distance
from assistant.monitoring.windows import Window


@dataclass(frozen=True)
class EmbeddingShift(Distance):
    """The maximum mean discrepancy of a linear kernel: the distance between mean embeddings.

    Gretton et al. 2012. Taken in the reference's principal directions.
    """

    def score(self, reference: Window, window: Window) -> float:
        return float(np.linalg.norm(window.coordinates.mean(axis=0) - reference.coordinates.mean(axis=0)))


@dataclass(frozen=True)
class PrincipalDirections(Distance):
    """The greatest Kolmogorov-Smirnov distance along the first `count` principal directions, in [0, 1].

    It also sees what leaves the mean in place (Rabanser et al. 2019 find such tests on few dimensions the most
    dependable).
    """

    count: int = 8

    def score(self, reference: Window, window: Window) -> float:
        return max(
            _kolmogorov_smirnov(before, now)
            for before, now in zip(
                reference.coordinates.T[: self.count], window.coordinates.T[: self.count], strict=True
            )
        )


def _kolmogorov_smirnov(before: np.ndarray, now: np.ndarray) -> float:
    places = np.concatenate([before, now])
    shares = [np.searchsorted(np.sort(side), places, side="right") / len(side) for side in (before, now)]
    return float(np.abs(shares[0] - shares[1]).max())
