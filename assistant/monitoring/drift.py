"""Has the traffic changed since the version was published? The monitors, and what makes an alarm of their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.monitoring.monitors.base import Band, DriftMonitor
from assistant.monitoring.monitors.embedding import EmbeddingShift, PrincipalDirections
from assistant.monitoring.monitors.entropy import Entropy
from assistant.monitoring.monitors.page_hinkley import PageHinkley
from assistant.monitoring.monitors.prior import IntentPeaks, IntentPrior
from assistant.monitoring.monitors.rates import Corrections, OutOfScope
from assistant.monitoring.windows import Window

MONITORS: Mapping[str, type[DriftMonitor]] = {
    "entropy": Entropy,
    "out_of_scope": OutOfScope,
    "intent_prior": IntentPrior,
    "intent_peaks": IntentPeaks,
    "embedding": EmbeddingShift,
    "directions": PrincipalDirections,
    "corrections": Corrections,
    "page_hinkley": PageHinkley,
}

WINDOW = 64  # messages; a change that starts in one window is told at the end of the third at the latest


def bands(reference: Window, size: int = WINDOW) -> dict[str, Band]:
    """The usual scores of each monitor on windows of `size` messages. Takes about a second."""
    return {name: monitor().band(reference, size) for name, monitor in MONITORS.items()}


def lasting_scores(reference: Window, before: Window, window: Window, usual: Mapping[str, Band]) -> dict[str, float]:
    """What each monitor still says of a window and the one `before` when a stretch of WINDOW messages is left out.

    Of all such stretches the one that leaves least to tell: a burst of up to a window, wherever it lies, leaves quiet
    traffic, and a change that goes on for two windows is in whatever is left. Both windows have the same length.
    """
    return {name: _least(monitor(), reference, before, window, usual[name]) for name, monitor in MONITORS.items()}


def _least(monitor: DriftMonitor, reference: Window, before: Window, window: Window, band: Band) -> float:
    least = monitor.score(reference, window)
    for kept in range(1, len(window) + 1):
        if not _beyond(least, band):
            break
        left = monitor.score(reference, before.followed(window, kept))
        least = left if _beyond(left, band) < _beyond(least, band) else least
    return least


def _beyond(score: float, band: Band) -> float:
    """How far outside the band, at least 0."""
    return max(0.0, band.low - score, score - band.high)


def alarms(outside: Sequence[bool]) -> list[int]:
    """The windows at which a monitor raises an alarm, given which of its lasting scores in a row lay outside the band.

    Once for each change: as long as the scores stay outside there is no second one.
    """
    return [number for number, beyond in enumerate(outside) if beyond and (number == 0 or not outside[number - 1])]


def lasting(outside: Sequence[bool]) -> bool:
    """Whether the drift goes on: the latest score, which is of two windows, lies outside."""
    return bool(outside) and outside[-1]
