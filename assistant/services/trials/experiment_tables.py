"""The figures of an experiment as one table, for the desk and the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assistant.counting import percentage
from assistant.services.tables import Cell, Table
from assistant.services.trials.experiment_figures import Arm, Compared

ENDED = {
    "published": "ended: published for everybody",
    "dropped": "ended: dropped",
    "superseded": "ended: another version went live",
    "failed": "ended: the version could not answer",
}


def headline(found: Compared) -> str:
    """Which version is or was tried on what share, since when, and how it ended."""
    one = found.experiment
    said = (
        f"{one.version} on {percentage(one.share)} of the conversations against {one.against}, since"
        f" {one.started_at:%Y-%m-%d %H:%M} UTC, started by {one.started_by}"
    )
    if one.ended_at is None:
        return f"{said}: running."
    return f"{said}; {ENDED[one.state]} on {one.ended_at:%Y-%m-%d %H:%M} UTC by {one.ended_by} ({one.reason})."


FIGURES: Mapping[str, Callable[[Arm], Cell]] = {
    "conversations": lambda arm: arm.counts.conversations,
    "with a complaint or a hand-over": lambda arm: arm.counts.troubled,
    "with a complaint or a hand-over (%)": lambda arm: _percent(arm.troubled),
    "with a complaint": lambda arm: arm.counts.complained,
    "handed over": lambda arm: arm.counts.handed_over,
    "messages": lambda arm: arm.counts.messages,
    "asked back (% of messages)": lambda arm: _percent(arm.asked_back),
    "thumbs up": lambda arm: arm.counts.thumbs_up,
    "thumbs down": lambda arm: arm.counts.thumbs_down,
    "“not what I meant”": lambda arm: arm.counts.not_meant,
    "labelled messages": lambda arm: arm.labelled,
    "corrected by operators": lambda arm: arm.corrections,
    "right on labelled messages (%)": lambda arm: _percent(arm.accuracy),
}


def arms_table(found: Compared) -> Table:
    """Both sides, one row for each figure."""
    heads = ("figure", f"tried: {found.experiment.version}", f"live: {found.experiment.against}")
    rows = tuple((name, figure(found.tried), figure(found.live)) for name, figure in FIGURES.items())
    return Table(f"experiment-{found.experiment.id}", heads, rows)


def _percent(share: float | None) -> Cell:
    return None if share is None else round(100 * share, 2)
