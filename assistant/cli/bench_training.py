"""`assistant bench training`: how fast an encoder learns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import out, progress_bars


def training(
    geometry: Annotated[str, typer.Option(help="Size of the encoder: roberta-base or small.")] = "roberta-base",
    batch: Annotated[int, typer.Option(help="Samples in a step.", min=1)] = 32,
    steps: Annotated[int, typer.Option(help="Steps that are timed.", min=1)] = 100,
    warm: Annotated[int, typer.Option(help="Steps before them that are not.", min=1)] = 20,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Samples a second of a consolidation beside the Trainer of transformers, on a GPU where there is one."""
    from assistant.services.bench_training import run_training
    from assistant.services.features import write_atomically

    with progress_bars() as progress:
        result = run_training(geometry, batch=batch, warm=warm, steps=steps, progress=progress)
    if json_file:
        write_atomically(json_file, f"{json.dumps(result.as_json(), indent=1)}\n".encode())
    out.print(result.as_markdown())
