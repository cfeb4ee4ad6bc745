"""How undecided the version is."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.monitoring.monitors.base import DriftMonitor
from assistant.monitoring.windows import Window


@dataclass(frozen=True)
class Entropy(DriftMonitor):
    """Mean predictive entropy of the window, less that of the reference, in nats."""

    def score(self, reference: Window, window: Window) -> float:
        return float(window.entropy.mean() - reference.entropy.mean())
