"""`assistant bench digits`: old against new, by the strength of the regulariser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.figures import save
from assistant.cli.shared import JsonFile, out, progress_bars, write_json
from assistant.evaluation.nights import LARGEST_SEED

if TYPE_CHECKING:
    from assistant.services.benchmarks.digits import Point


def digits(
    json_file: JsonFile = None,
    plots: Annotated[Path | None, typer.Option(help="Folder for strengths.png, made if need be.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the net and of its batches.", min=0, max=LARGEST_SEED)] = 0,
) -> None:
    """Split digits (scikit-learn's 8 × 8 pixels, five tasks of two) under diagonal EWC of rising strength."""
    from assistant.services.benchmarks.digits import as_json, as_markdown, run_digits
    from assistant.services.files import require_folder

    if plots:
        require_folder(plots)  # before the long part, so that a wrong folder is told at once
    with progress_bars() as progress:
        points = run_digits(seed=seed, progress=progress)
    out.print(as_markdown(points))
    write_json(json_file, as_json(points))
    if plots:
        draw(points, plots / "strengths.png")


def draw(points: Sequence[Point], file: Path) -> None:
    """Accuracy on old and on new tasks against the strength, whose 0 stands at the left end of a logarithmic axis."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    places = [point.strength for point in points]
    axes.plot(places, [100 * point.old for point in points], marker="o", label="old tasks, after the last")
    axes.plot(places, [100 * point.new for point in points], marker="s", label="new tasks, when they came")
    axes.set_xscale("symlog", linthresh=min((place for place in places if place > 0), default=1.0))
    axes.set(xlabel="strength of EWC", ylabel="accuracy, %", ylim=(45, 102))
    axes.grid(alpha=0.3)
    axes.legend()
    save(figure, file, dpi=150)
