"""What a monitor is: a score of one window against the reference, and the band in which scores are usual."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from assistant.monitoring.windows import Window

RARE = 0.003  # share of quiet windows beyond each end of the band; an alarm takes two windows in a row
SPLITS = 250  # of the reference into windows and a smaller reference
SEED = 0


@dataclass(frozen=True, slots=True)
class Band:
    """Scores from `low` to `high` are usual."""

    low: float
    high: float


class DriftMonitor(ABC):
    """A frozen recipe; all that is fitted lies in the reference and in the band."""

    @abstractmethod
    def score(self, reference: Window, window: Window) -> float:
        """How `window` differs from `reference`; what is usual depends on the monitor."""

    def band(self, reference: Window, size: int) -> Band:
        """The usual scores of windows of `size` messages, from the reference against itself.

        Again and again windows are taken out of the reference and compared with what is left of it. A reference
        needs at least three times `size` messages. Raises ValueError otherwise.
        """
        if len(reference) < 3 * size:
            raise ValueError(f"a reference of {len(reference)} messages for windows of {size}; it takes {3 * size}")
        generator = np.random.default_rng(SEED)
        each = max(1, len(reference) // 3 // size)
        scores = []
        for _ in range(SPLITS):
            order = generator.permutation(len(reference))
            rest = reference.taken(order[each * size :])
            for number in range(each):
                scores.append(self.score(rest, reference.taken(order[number * size : (number + 1) * size])))
        return self.between(float(np.quantile(scores, RARE)), float(np.quantile(scores, 1 - RARE)))

    def between(self, low: float, high: float) -> Band:
        """The band with these ends. A distance overrides it: none is too small."""
        return Band(low, high)


class Distance(DriftMonitor):
    """A monitor whose score is a distance, at least 0."""

    def between(self, low: float, high: float) -> Band:
        return Band(0.0, high)
