"""The curves of the health page, each as an SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from math import ceil
from typing import TYPE_CHECKING

from assistant.counting import shortened
from assistant.services.health.overview import HealthView
from ui.drawing import BLUE, GREEN, INK, LABEL, PURPLE, SOFT, VERMILION, drawn, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EPOCH = date(1970, 1, 1)  # from which matplotlib counts days
WINDOWS = 24  # of each monitor, the latest
COLUMNS = 4


def accuracy(view: HealthView) -> str:
    """Accuracy over versions, as an SVG."""
    return drawn((6.2, 3.4), lambda figure: _accuracy(_axes(figure), view))


def forgetting(view: HealthView) -> str:
    """What is left of what was known, and what turned wrong, over versions."""
    return drawn((6.2, 3.4), lambda figure: _forgetting(figure, view))


def days(view: HealthView) -> str:
    """Entropy and rates, day by day."""
    return drawn((6.2, 3.4), lambda figure: _days(figure, view))


def conversations(view: HealthView) -> str:
    """How many began, and what came of them, day by day."""
    return drawn((6.2, 3.4), lambda figure: _conversations(figure, view))


def drift(view: HealthView) -> str:
    """Each monitor's scores in its band."""
    return drawn((12.8, 4.2), lambda figure: _drift(figure, view))


def confusions(view: HealthView) -> str:
    """The most confused intents."""
    return drawn((6.2, 4.6), lambda figure: _confusions(_axes(figure), view))


def memory(view: HealthView) -> str:
    """Exemplars and the size of the folder over versions."""
    return drawn((6.2, 3.4), lambda figure: _memory(figure, view))


def _axes(figure: Figure) -> Axes:
    axes: Axes = figure.subplots()
    plain(axes)
    return axes


def _label(axes: Axes, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def _legend(axes: Axes) -> None:
    """Above the axes, where it covers no point."""
    axes.legend(
        frameon=False, fontsize="small", labelcolor=INK, ncols=2,
        loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2,
    )  # fmt: skip


def _line(axes: Axes, values: Sequence[float | None], label: str, colour: str, look: str) -> None:
    """Known values over 1, 2, 3 …; told apart by marker and stroke as well as by colour."""
    known = [(number, value) for number, value in enumerate(values, 1) if value is not None]
    if known:
        axes.plot(*zip(*known, strict=True), look, color=colour, label=label, markersize=5, linewidth=1.6)


def _percent(values: Sequence[float | None]) -> list[float | None]:
    return [None if value is None else 100 * value for value in values]


def _numbered(axes: Axes, last: int) -> None:
    """Room for the numbers 1 to `last`, of which there may be one, and no ticks between them."""
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(0.7, last + 0.3)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))


def _accuracy(axes: Axes, view: HealthView) -> None:
    found = [point.judged for point in view.versions]
    _line(axes, _percent([one.overall for one in found]), "all intents", BLUE, "o-")
    _line(axes, _percent([one.old for one in found]), "old intents", GREEN, "s--")
    _line(axes, _percent([one.new for one in found]), "new intents", VERMILION, "^:")
    _line(axes, _percent([point.kept for point in view.versions]), "intents of the first version", PURPLE, "D-.")
    _numbered(axes, len(found))
    _label(axes, "version, oldest first", "accuracy on the holdout (%)")
    _legend(axes)


def _forgetting(figure: Figure, view: HealthView) -> None:
    found = [point.judged for point in view.versions]
    upper, lower = figure.subplots(2, 1, sharex=True)
    for axes in (upper, lower):
        plain(axes)
        _numbered(axes, len(found))
    _line(upper, _percent([one.retention for one in found]), "retention", BLUE, "o-")
    upper.axhline(100, color=SOFT, linewidth=1, linestyle=":")
    _label(upper, "", "retention (%)")
    _line(lower, _percent([one.forgetting for one in found]), "forgetting (points)", VERMILION, "s--")
    _line(lower, _percent([one.flips for one in found]), "negative flips (%)", PURPLE, "^:")
    _label(lower, "version, oldest first", "lost")
    _legend(lower)


def _by_day(figure: Figure, days: Sequence[date]) -> tuple[Axes, Axes, Callable[..., None]]:
    """Two axes over the days, and what draws a line of known values into one of them."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    upper, lower = figure.subplots(2, 1, sharex=True)
    when = [(day - EPOCH).days for day in days]

    def line(axes: Axes, values: Sequence[float | None], label: str, colour: str, look: str) -> None:
        known = [(at, value) for at, value in zip(when, values, strict=True) if value is not None]
        if known:
            axes.plot(*zip(*known, strict=True), look, color=colour, label=label, markersize=4, linewidth=1.6)

    plain(upper)
    plain(lower)
    for axes in (upper, lower):
        locator = AutoDateLocator(minticks=2, maxticks=7)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        axes.xaxis.get_offset_text().set_color(INK)
    return upper, lower, line


def _days(figure: Figure, view: HealthView) -> None:
    upper, lower, line = _by_day(figure, [day.day for day in view.days])
    line(upper, [day.entropy for day in view.days], "entropy", BLUE, "o-")
    _label(upper, "", "entropy (nats)")
    line(lower, _percent([day.outside for day in view.days]), "out of scope", VERMILION, "s--")
    line(lower, _percent([day.unanswered for day in view.days]), "not answered by itself", GREEN, "^:")
    _label(lower, "day (UTC)", "messages (%)")
    _legend(lower)


def _conversations(figure: Figure, view: HealthView) -> None:
    upper, lower, line = _by_day(figure, [one.day for one in view.outcomes])
    line(upper, [one.conversations for one in view.outcomes], "conversations", BLUE, "o-")
    upper.set_ylim(0, 1.1 * max(one.conversations for one in view.outcomes))
    _label(upper, "", "conversations")
    line(lower, _percent([one.passed_on / one.conversations for one in view.outcomes]), "passed on", VERMILION, "s--")
    line(lower, _percent([one.complained / one.conversations for one in view.outcomes]), "complaint", GREEN, "^:")
    _label(lower, "day (UTC)", "of them (%)")
    _legend(lower)


def _drift(figure: Figure, view: HealthView) -> None:
    monitors = list(dict.fromkeys(one.monitor for one in view.drift))
    panels = list(figure.subplots(ceil(len(monitors) / COLUMNS), COLUMNS, squeeze=False).flat)
    for axes, monitor in zip(panels, monitors, strict=False):
        scores = [one for one in view.drift if one.monitor == monitor][-WINDOWS:]
        numbers = range(1, len(scores) + 1)
        plain(axes)
        _numbered(axes, len(scores))
        low, high = [one.low for one in scores], [one.high for one in scores]
        axes.fill_between(numbers, low, high, color=BLUE, alpha=0.18, linewidth=0)
        axes.plot(numbers, [one.score for one in scores], "o-", color=BLUE, markersize=4, linewidth=1.4)
        beyond = [(number, one.score) for number, one in zip(numbers, scores, strict=True) if one.outside]
        if beyond:
            axes.plot(*zip(*beyond, strict=True), "^", color=VERMILION, markersize=8)
        axes.set_title(monitor.replace("_", " "), fontsize="medium", color=INK)
    for axes in panels[len(monitors) :]:
        axes.set_visible(False)
    figure.supxlabel("window of messages, oldest first; shaded: usual; triangle: outside", fontsize="medium", color=INK)
    figure.supylabel("score", fontsize="medium", color=INK)


def _confusions(axes: Axes, view: HealthView) -> None:
    from matplotlib.patches import Rectangle

    names = sorted({name for pair in view.confusions for name in (pair.guess, pair.label)})
    most = max(pair.times for pair in view.confusions)
    axes.grid(False)
    for pair in view.confusions:
        x, y = names.index(pair.label), names.index(pair.guess)
        strength = 0.1 + 0.35 * pair.times / most
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, color=BLUE, alpha=strength, linewidth=0))
        axes.text(x, y, str(pair.times), ha="center", va="center", color=INK)
    # Names could hold what matplotlib reads as a formula.
    places, shown = range(len(names)), [shortened(name, LABEL) for name in names]
    axes.set_xticks(places, shown, rotation=45, ha="right", rotation_mode="anchor", parse_math=False)
    axes.set_yticks(places, shown, parse_math=False)
    axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(names) - 0.5, -0.5))
    _label(axes, "label that operators gave", "first guess")


def _memory(figure: Figure, view: HealthView) -> None:
    upper, lower = figure.subplots(2, 1, sharex=True)
    for axes, values, colour, look, label in (
        (upper, [point.exemplars for point in view.versions], BLUE, "o-", "exemplars"),
        (lower, [point.megabytes for point in view.versions], GREEN, "s--", "folder (MB)"),
    ):
        plain(axes)
        _numbered(axes, len(values))
        _line(axes, values, label, colour, look)
        axes.set_ylim(bottom=0)
        _label(axes, "", label)
    _label(lower, "version, oldest first", "folder (MB)")
