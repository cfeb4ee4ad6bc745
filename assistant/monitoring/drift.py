"""Has the traffic changed since the version was published? The monitors, and what makes an alarm of their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.monitoring.monitors.base import Band, DriftMonitor
from assistant.monitoring.monitors.embedding import EmbeddingShift, PrincipalDirections
from assistant.monitoring.monitors.entropy import Entropy
from assistant.monitoring.monitors.page_hinkley import PageHinkley
from assistant.monitoring.monitors.prior import IntentPrior
from assistant.monitoring.monitors.rates import Corrections, OutOfScope
from assistant.monitoring.windows import Window

MONITORS: Mapping[str, type[DriftMonitor]] = {
    "entropy": Entropy,
    "out_of_scope": OutOfScope,
    "intent_prior": IntentPrior,
    "embedding": EmbeddingShift,
    "directions": PrincipalDirections,
    "corrections": Corrections,
    "page_hinkley": PageHinkley,
}

WINDOW = 64  # messages; a change that starts in one window is told at the end of the third at the latest
IN_A_ROW = 2  # windows outside the band that make an alarm: one may be a burst


def bands(reference: Window, size: int = WINDOW) -> dict[str, Band]:
    """The usual scores of each monitor on windows of `size` messages. Takes about a second."""
    return {name: monitor().band(reference, size) for name, monitor in MONITORS.items()}


def scores(reference: Window, window: Window) -> dict[str, float]:
    """What each monitor says of a window."""
    return {name: monitor().score(reference, window) for name, monitor in MONITORS.items()}


def alarms(outside: Sequence[bool]) -> list[int]:
    """The windows at which a monitor raises an alarm, given which of its windows in a row lay outside the band.

    Once for each change: as long as the windows stay outside there is no second one.
    """
    length, raised = 0, []
    for number, beyond in enumerate(outside):
        length = length + 1 if beyond else 0
        if length == IN_A_ROW:
            raised.append(number)
    return raised


def lasting(outside: Sequence[bool]) -> bool:
    """Whether the latest windows are all outside."""
    return len(outside) >= IN_A_ROW and all(outside[-IN_A_ROW:])
