"""Shares of messages: those that have none of the version's intents, and those that somebody disputed."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.monitoring.monitors.base import RARE, Band, DriftMonitor
from assistant.monitoring.windows import Window


class Rate(DriftMonitor):
    """A share of the window's messages, in [0, 1].

    The band is that of the beta-binomial law: it knows that a reference without a single complaint does not prove
    that there never is one.
    """

    @abstractmethod
    def rows(self, window: Window) -> NDArray[np.bool_]: ...

    def score(self, reference: Window, window: Window) -> float:
        return float(self.rows(window).mean())

    def band(self, reference: Window, size: int) -> Band:
        from scipy.stats import betabinom

        hits = int(self.rows(reference).sum())
        law = betabinom(size, hits + 0.5, len(reference) - hits + 0.5)
        return Band(float(law.ppf(RARE)) / size, float(law.ppf(1 - RARE)) / size)


@dataclass(frozen=True)
class OutOfScope(Rate):
    """Messages that more probably than not have none of the version's intents."""

    def rows(self, window: Window) -> NDArray[np.bool_]:
        return window.outside


@dataclass(frozen=True)
class Corrections(Rate):
    """Messages that the customer complained about or an operator gave another label."""

    def rows(self, window: Window) -> NDArray[np.bool_]:
        return window.disputed
