"""`assistant bench training`: how fast an encoder learns."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.shared import JsonFile, out, progress_bars, write_json


def training(
    geometry: Annotated[str, typer.Option(help="Size of the encoder: roberta-base or small.")] = "roberta-base",
    batch: Annotated[int, typer.Option(help="Samples in a step.", min=1)] = 32,
    steps: Annotated[int, typer.Option(help="Steps that are timed.", min=1)] = 100,
    warm: Annotated[int, typer.Option(help="Steps before them that are not.", min=1)] = 20,
    json_file: JsonFile = None,
) -> None:
    """Samples a second of a consolidation beside the Trainer of transformers, on a GPU where there is one."""
    from assistant.services.benchmarks.training import run_training

    with progress_bars() as progress:
        result = run_training(geometry, batch=batch, warm=warm, steps=steps, progress=progress)
    out.print(result.as_markdown())
    write_json(json_file, result.as_json())
