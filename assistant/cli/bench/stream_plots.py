"""The curves of a benchmark run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assistant.cli.figures import save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from assistant.evaluation.stream_results import SeedResult, StreamResult

# Okabe and Ito's palette, told apart by colour-blind readers too; without its yellow, which is faint on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")  # told apart in black and white
STROKES = ("-", "--", ":", "-.")  # of the sizes of memory, the largest first
NEAR = 0.1  # who ends further than this below the best squeezes the others, which then get a panel of their own


@dataclass(frozen=True)
class Look:
    """How a result is drawn and named: a colour and a marker for its plan, a stroke for its memory."""

    plans: Sequence[str]
    sizes: Sequence[int]  # of memory, ascending

    @classmethod
    def of(cls, results: Sequence[StreamResult]) -> Look:
        sizes = {result.memory for result in results if result.memory is not None}
        return cls(list(dict.fromkeys(result.plan for result in results)), sorted(sizes))

    def style(self, result: StreamResult) -> dict[str, Any]:
        number = self.plans.index(result.plan)
        marker = MARKERS[(number + number // len(COLOURS)) % len(MARKERS)]
        return {"color": COLOURS[number % len(COLOURS)], "marker": marker, "markersize": 5, "linewidth": 1.4}

    def stroke(self, result: StreamResult) -> str:
        behind = 0 if result.memory is None else len(self.sizes) - 1 - self.sizes.index(result.memory)
        return STROKES[behind % len(STROKES)]

    def name(self, result: StreamResult) -> str:
        several = len(self.sizes) > 1 and result.memory is not None
        return f"{result.plan}, {result.memory} exemplars" if several else result.plan


def draw(results: Sequence[StreamResult], folder: Path) -> None:
    """`accuracy.png`, `forgetting.png`, `memory.png` and `seconds.png` in `folder`, which exists.

    Lines and points are means over the seeds; bands and bars reach a sample standard deviation to either side.
    """
    fills: dict[str, Callable[[Axes, Sequence[StreamResult], Look], None]] = {
        "accuracy": _accuracy,
        "forgetting": _forgetting,
        "memory": _memory,
        "seconds": _seconds,
    }
    for name, fill in fills.items():
        _figure(results, fill, folder / f"{name}.png")


def _figure(
    results: Sequence[StreamResult], fill: Callable[[Axes, Sequence[StreamResult], Look], None], path: Path
) -> None:
    """One panel for all and, where some lie far below, one for those near the best; one legend for both."""
    from matplotlib.figure import Figure  # not pyplot, which keeps figures and may look for a screen

    best = max(result.mean.final_accuracy for result in results)
    near = [result for result in results if result.mean.final_accuracy >= best - NEAR]
    groups = [results] if len(near) == len(results) else [results, near]
    figure = Figure(figsize=(6.6 + 4.4 * (len(groups) - 1), 4.2), layout="constrained")
    panels = figure.subplots(1, len(groups), squeeze=False)[0]
    for panel, group in zip(panels, groups, strict=True):
        fill(panel, group, Look.of(results))
        panel.grid(alpha=0.3)
        panel.spines[["top", "right"]].set_visible(False)
    if len(groups) > 1:
        panels[1].set_title(f"those within {100 * NEAR:.0f} points of the best", fontsize="medium")
    handles, names = panels[0].get_legend_handles_labels()
    once = dict(zip(names, handles, strict=True))
    figure.legend(list(once.values()), list(once), loc="outside right upper", frameon=False)
    first = results[0]
    seeds = f"mean of seeds {', '.join(str(one.seed) for one in first.seeds)}" if len(first.seeds) > 1 else "one seed"
    figure.suptitle(f"{first.dataset}, {seeds}", fontsize="medium")
    save(figure, path, dpi=130)


def _accuracy(panel: Axes, results: Sequence[StreamResult], look: Look) -> None:
    _curves(panel, results, look, lambda one: [session.accuracy for session in one.sessions])
    panel.set_ylabel("accuracy on all intents seen (%)")


def _forgetting(panel: Axes, results: Sequence[StreamResult], look: Look) -> None:
    # Nothing can be forgotten in session 0.
    _curves(panel, results, look, lambda one: [session.forgetting or 0.0 for session in one.sessions])
    panel.set_ylabel("forgetting on old intents (points)")


def _curves(
    panel: Axes, results: Sequence[StreamResult], look: Look, values: Callable[[SeedResult], list[float]]
) -> None:
    from matplotlib.ticker import MaxNLocator

    for result in results:
        mean, spread = _mean(100 * np.array([values(one) for one in result.seeds]))
        sessions = np.arange(len(mean))
        style = look.style(result)
        panel.plot(sessions, mean, look.stroke(result), label=look.name(result), **style)
        panel.fill_between(sessions, mean - spread, mean + spread, color=style["color"], alpha=0.15, linewidth=0)
    counts = [session.intents for session in results[0].seeds[0].sessions]
    panel.set_xlabel(f"session ({counts[0]} intents in session 0, {counts[-1]} in the last)")
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))


def _memory(panel: Axes, results: Sequence[StreamResult], look: Look) -> None:
    for plan in dict.fromkeys(result.plan for result in results):
        own = sorted((r for r in results if r.plan == plan), key=lambda result: result.memory or 0)
        mean, spread = _final(own)
        style = look.style(own[0])
        if own[0].memory is None:
            panel.axhline(mean[0], color=style["color"], linestyle="--", linewidth=1.4, label=plan)
        else:
            panel.errorbar([result.memory or 0 for result in own], mean, spread, capsize=3, label=plan, **style)
    panel.set(xlabel="exemplars kept per intent", ylabel="final accuracy (%)", xticks=look.sizes)
    if look.sizes:
        panel.set_xlim(0, 1.1 * look.sizes[-1] or 1)


def _seconds(panel: Axes, results: Sequence[StreamResult], look: Look) -> None:
    finals = [result.mean.final_accuracy for result in results]
    legible = max(finals) - min(finals) <= NEAR
    for result in results:
        (mean,), (spread,) = _final([result])
        seconds = result.mean.update_seconds
        style = look.style(result)
        panel.errorbar([seconds], [mean], [spread], capsize=3, linestyle="", label=result.plan, **style)
        if legible and len(look.sizes) > 1 and result.memory is not None:
            place = {"xytext": (6, 4), "textcoords": "offset points", "fontsize": "small", "color": style["color"]}
            panel.annotate(str(result.memory), (seconds, mean), **place)
    panel.set_xscale("log")
    exemplars = "; numbers: exemplars per intent" if legible and len(look.sizes) > 1 else ""
    panel.set(xlabel=f"last update (seconds, log scale{exemplars})", ylabel="final accuracy (%)")


def _final(results: Sequence[StreamResult]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Final accuracy in percent, mean and deviation over the seeds. Shape of both: (results,)."""
    return _mean(100 * np.array([[one.measures.final_accuracy for one in r.seeds] for r in results]).T)


def _mean(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and sample standard deviation over the seeds, unknown for a single one. Shape: (seeds, n) -> (n,) twice."""
    spread = values.std(axis=0, ddof=1) if len(values) > 1 else np.full(values.shape[1], np.nan)
    return values.mean(axis=0), spread
