"""`assistant bench labeling`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import JsonFile, SettingsFile, assistant, integers, out, progress_bars, write_json


def labeling(
    data: Annotated[Path, typer.Argument(help="CLINC-style JSON, or CSV/JSONL with text, label and split columns.")],
    labels: Annotated[str, typer.Option(help="Numbers of labels to train after, rising.")] = "100,200,400",
    start: Annotated[int, typer.Option(help="Rows of each intent that are labelled from the start.", min=1)] = 5,
    seeds: Annotated[
        str, typer.Option(help="Seeds of the rows to start with and of random choices, separated by commas.")
    ] = "0,1,2",
    judged: Annotated[str, typer.Option(help="Split to measure on: test, or holdout while choosing.")] = "test",
    json_file: JsonFile = None,
    settings: SettingsFile = None,
) -> None:
    """What to label next: accuracy by the number of labels, for the desk's order and for others."""
    from assistant.services.benchmarks.labeling import as_markdown, run_labeling

    budgets, numbers = integers("--labels", labels), integers("--seeds", seeds)
    parts = assistant(settings)
    with progress_bars() as progress:
        figures = run_labeling(
            data,
            encoder=parts.encoders(parts.settings.encoder),
            cache=parts.settings.data / "features",
            plan=parts.plan(),
            start=start,
            budgets=budgets,
            judged=judged,
            seeds=numbers,
            on_progress=progress,
        )
    out.print(as_markdown(figures))
    write_json(json_file, figures)
