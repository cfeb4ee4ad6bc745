"""The table and the curves of a simulation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.table import Table

from assistant.cli.figures import save

if TYPE_CHECKING:
    from assistant.services.simulate import Night, Simulation


def as_table(result: Simulation) -> Table:
    """One line for each night; percent on holdout rows."""
    titles = ("night", "old\nbefore", "old\nafter", "new", "lowest\nnew", "forgetting", "flips", "seconds", "verdict")
    table = Table(*titles, box=SIMPLE, padding=0)  # so narrow that a terminal of 80 columns cuts nothing
    for number, night in enumerate(result.nights, 1):
        lowest = min((share for share in night.accuracy_by_new_intent.values() if share is not None), default=None)
        shares = (night.old_accuracy_before, night.old_accuracy, night.new_accuracy, lowest, night.forgetting)
        seconds = "" if night.seconds is None else f"{night.seconds:.1f}"
        row = [str(number), *map(_percent, shares), _percent(night.negative_flips), seconds, night.verdict]
        table.add_row(*row)
    return table


def reasons(result: Simulation) -> list[str]:
    """What each night was about: the intents with their accuracy, and why it was published or refused."""
    return [
        f"night {number}: {', '.join(_learned(night, name) for name in night.new_intents[:9]) or 'no new intent'}"
        f"{' …' if len(night.new_intents) > 9 else ''}: {night.reason}"
        for number, night in enumerate(result.nights, 1)
    ]


def draw(result: Simulation, path: Path) -> None:
    """Old and new accuracy, forgetting and negative flips over the nights, as a PNG."""
    from matplotlib.figure import Figure

    nights = list(range(1, len(result.nights) + 1))
    # Okabe and Ito's palette: told apart by colour-blind readers too.
    left = (
        ("old_accuracy_before", "old intents, before", "#999999"),
        ("old_accuracy", "old intents, after", "#0072B2"),
        ("new_accuracy", "new intents", "#D55E00"),
    )
    right = (("forgetting", "forgetting", "#CC79A7"), ("negative_flips", "negative flips", "#009E73"))
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    axes = figure.subplots(1, 2)
    for panel, lines, title in ((axes[0], left, "Holdout accuracy"), (axes[1], right, "What the update cost")):
        for name, label, colour in lines:
            values = [getattr(night, name) for night in result.nights]
            panel.plot(nights, [None if v is None else 100 * v for v in values], "o-", label=label, color=colour)
        panel.set(title=title, xlabel="night", ylabel="percent", xticks=nights)
        panel.grid(alpha=0.3)
        panel.legend(frameon=False)
    save(figure, path, dpi=120)


def _learned(night: Night, intent: str) -> str:
    share = night.accuracy_by_new_intent.get(intent)
    return intent if share is None else f"{intent} {_percent(share)} %"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.2f}"
