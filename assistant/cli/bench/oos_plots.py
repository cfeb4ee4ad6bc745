"""The reliability plot: how often the assistant is right when it says that it is sure."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from assistant.cli.bench.stream_plots import COLOURS
from assistant.cli.figures import save
from assistant.evaluation.doubting import reliability
from assistant.services.benchmarks.oos import OosResult


def draw(result: OosResult, folder: Path) -> None:
    """`reliability.png` in `folder`, which exists: accuracy by confidence before and after temperature scaling.

    The rows of all seeds together; an area is the share of the rows.
    """
    from matplotlib.figure import Figure

    right = np.concatenate([one.confidences.right for one in result.seeds])
    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle=":", label="honest")
    for colour, name in zip(COLOURS, ("before", "after"), strict=False):
        sure = np.concatenate([getattr(one.confidences, name) for one in result.seeds])
        points = np.array(reliability(sure, right))
        axes.plot(points[:, 0], points[:, 1], color=colour, linewidth=1.2, label=name)
        axes.scatter(points[:, 0], points[:, 1], s=10 + 400 * points[:, 2], color=colour, alpha=0.6)
    axes.set(xlabel="confidence", ylabel="share that is right", xlim=(0, 1.02), ylim=(0, 1.02), title=result.dataset)
    axes.legend(loc="upper left")
    save(figure, folder / "reliability.png", dpi=150)
