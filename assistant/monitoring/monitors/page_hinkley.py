"""Disagreement that rises slowly: too little for any single window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.monitoring.monitors.base import RARE, SEED, Band, Distance
from assistant.monitoring.windows import Window

SIMULATED = 5000
RARER = RARE / 15  # the sums go on from window to window, so that a second window outside is no surprise


@dataclass(frozen=True)
class PageHinkley(Distance):
    """The Page-Hinkley statistic of disputed messages (Page 1954) over the last `length` ones, at least 0.

    It is the greatest rise of the sum of (disputed − usual rate − `slack`) that remains whichever window's worth of
    messages in a row is left out. Usual is the reference's rate.
    """

    length: int = 256
    slack: float = 0.02

    def score(self, reference: Window, window: Window) -> float:
        row = np.concatenate([window.disputed_before, window.disputed])[-self.length :]
        return float(self._lasting(row[None], np.array([_rate(reference)]), len(window))[0])

    def band(self, reference: Window, size: int) -> Band:
        """From sequences at rates that the reference leaves possible: whether few complaints are usual is uncertain."""
        generator = np.random.default_rng(SEED)
        hits = int(reference.disputed.sum())
        rates = generator.beta(hits + 0.5, len(reference) - hits + 0.5, SIMULATED)
        rows = generator.random((SIMULATED, self.length)) < rates[:, None]
        rises = self._lasting(rows, np.full(SIMULATED, _rate(reference)), size)
        return Band(0.0, float(np.quantile(rises, 1 - RARER)))

    def _lasting(self, rows: NDArray[np.bool_], usual: NDArray[np.float64], size: int) -> NDArray[np.float64]:
        """The rise that is left when the `size` messages in a row are taken out that leave least: a burst is none.

        Shapes: rows (sequences, messages), usual (sequences,) -> (sequences,).
        """
        places = rows.shape[1] - size + 1  # where those messages may begin
        if places < 1:
            return np.zeros(len(rows))
        sums = np.cumsum(rows - usual[:, None] - self.slack, axis=1)
        sums = np.concatenate([np.zeros((len(rows), 1)), sums], axis=1)
        risen = sums - np.minimum.accumulate(sums, axis=1)  # since the lowest place before
        to_come = np.maximum.accumulate(sums[:, ::-1], axis=1)[:, ::-1] - sums  # up to the highest place after
        before = np.maximum.accumulate(risen, axis=1)[:, :places]
        after = np.maximum.accumulate(to_come[:, ::-1], axis=1)[:, ::-1][:, size:]
        across = risen[:, :places] + to_come[:, size:]
        lasting: NDArray[np.float64] = np.maximum(np.maximum(before, after), across).min(axis=1)
        return lasting


def _rate(reference: Window) -> float:
    return float((reference.disputed.sum() + 0.5) / (len(reference) + 1))
