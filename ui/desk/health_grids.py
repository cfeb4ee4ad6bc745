"""Two more plots of the health page: every intent over the versions, and whether the confidence can be believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.counting import shortened
from assistant.services.health.overview import HealthView
from ui.drawing import BLUE, INK, LABEL, SOFT, VERMILION, drawn, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INTENTS = 16  # the least accurate
VERSIONS = 10  # the latest


def by_intent(view: HealthView) -> str:
    """The accuracy of the least accurate intents in each version, as an SVG."""
    return drawn((6.2, 4.6), lambda figure: _by_intent(figure.subplots(), view))


def calibration(view: HealthView) -> str:
    """How often the first guess was right against how sure it was."""
    return drawn((6.2, 4.6), lambda figure: _calibration(figure.subplots(), view))


def _by_intent(axes: Axes, view: HealthView) -> None:
    from matplotlib.patches import Rectangle

    plain(axes)
    axes.grid(False)
    curves = view.by_intent[:INTENTS]
    numbers = list(range(1, len(view.versions) + 1))[-VERSIONS:]
    for y, curve in enumerate(curves):
        for x, accuracy in enumerate(curve.accuracies[-VERSIONS:]):
            if accuracy is not None:
                box = Rectangle((x - 0.5, y - 0.5), 1, 1, color=VERMILION, alpha=0.6 * (1 - accuracy), linewidth=0)
                axes.add_patch(box)
                axes.text(x, y, f"{100 * accuracy:.0f}", ha="center", va="center", color=INK, fontsize="small")
    names = [shortened(curve.intent, LABEL) for curve in curves]  # which could hold what matplotlib reads as a formula
    axes.set_yticks(range(len(names)), names, parse_math=False, fontsize="small")
    axes.set_xticks(range(len(numbers)), [str(number) for number in numbers])
    axes.set(xlim=(-0.5, len(numbers) - 0.5), ylim=(len(names) - 0.5, -0.5))
    axes.set_xlabel("version, oldest first; in the fields: accuracy on the holdout (%)")


def _calibration(axes: Axes, view: HealthView) -> None:
    plain(axes)
    axes.plot([0, 100], [0, 100], ":", color=SOFT, linewidth=1.2)
    sure = [100 * one.sure for one in view.reliability]
    right = [100 * one.right for one in view.reliability]
    axes.plot(sure, right, "o-", color=BLUE, markersize=6, linewidth=1.6)
    for x, y, one in zip(sure, right, view.reliability, strict=True):
        axes.annotate(
            str(one.messages), (x, y), (0, 7), textcoords="offset points", ha="center", color=INK, fontsize="small"
        )
    axes.set(xlim=(0, 103), ylim=(0, 109))
    axes.set_xlabel("confidence in the first guess (%); dotted: as often right as said")
    axes.set_ylabel("right (%); numbers: messages")
