"""What customers ask about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from assistant.monitoring.monitors.base import Distance
from assistant.monitoring.windows import Window


@dataclass(frozen=True)
class IntentPrior(Distance):
    """The population stability index of the first guesses: Σ (w − r) ln(w / r) over intents.

    `prior` messages, spread like the reference, are added to each side, so that an intent which a short window
    happens to lack weighs little.
    """

    prior: float = 32.0

    def score(self, reference: Window, window: Window) -> float:
        count = int(max(reference.intents.max(), window.intents.max())) + 1
        before = np.bincount(reference.intents, minlength=count) + 0.5
        before = before / before.sum()
        now = np.bincount(window.intents, minlength=count) + self.prior * before
        now = now / now.sum()
        return float(((now - before) * np.log(now / before)).sum())
