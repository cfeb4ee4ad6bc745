"""`assistant bench label-errors`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import JsonFile, SettingsFile, assistant, out, progress_bars, write_json


def label_errors(
    data: Annotated[Path, typer.Argument(help="CLINC-style JSON, or CSV/JSONL with a text and a label column.")],
    share: Annotated[
        float, typer.Option(help="Share of the train labels that are flipped.", min=0.001, max=0.5)
    ] = 0.05,
    seed: Annotated[int, typer.Option(help="Of the labels that are flipped.", min=0)] = 0,
    json_file: JsonFile = None,
    settings: SettingsFile = None,
) -> None:
    """Flip train labels at random, and see which of them are found. Only train rows are read."""
    from assistant.services.benchmarks.label_errors import as_markdown, run_label_errors

    parts = assistant(settings)
    with progress_bars() as progress:
        figures = run_label_errors(
            data,
            encoder=parts.encoders(parts.settings.encoder),
            cache=parts.settings.data / "features",
            share=share,
            seed=seed,
            on_progress=progress,
        )
    out.print(as_markdown(figures))
    write_json(json_file, figures)
