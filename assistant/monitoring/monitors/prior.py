"""What customers ask about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assistant.monitoring.monitors.base import Distance
from assistant.monitoring.windows import Floats, Window


@dataclass(frozen=True)
class IntentPrior(Distance):
    """The population stability index of the first guesses: Σ (w − r) ln(w / r) over intents.

    `prior` messages, spread like the reference, are added to each side, so that an intent which a short window
    happens to lack weighs little.
    """

    prior: float = 32.0

    def score(self, reference: Window, window: Window) -> float:
        before, now = _counts(reference, window)
        before = _shares(before + 0.5)
        now = _shares(now + self.prior * before)
        return float(((now - before) * np.log(now / before)).sum())


@dataclass(frozen=True)
class IntentPeaks(Distance):
    """The squared distance of the shares of the first guesses: Σ (w − r)² over intents.

    It sees a few intents that rise, as in a season, sooner than the index, which listens to what was rare.
    """

    def score(self, reference: Window, window: Window) -> float:
        before, now = _counts(reference, window)
        return float(np.square(_shares(now) - _shares(before)).sum())


def _counts(reference: Window, window: Window) -> tuple[Floats, Floats]:
    """How often each intent was guessed. Shapes: (intents,)."""
    count = int(max(reference.intents.max(), window.intents.max())) + 1
    before, now = (np.bincount(each.intents, minlength=count).astype(np.float64) for each in (reference, window))
    return before, now


def _shares(counts: Floats) -> Floats:
    shares: Floats = counts / counts.sum()
    return shares
