"""`assistant bench instant`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import SettingsFile, assistant, out, progress_bars


def instant(
    data: Annotated[Path, typer.Argument(help="CLINC-style JSON, or CSV/JSONL with text, label and split columns.")],
    taught: Annotated[int, typer.Option(help="Train rows of each intent that the version learns.", min=1)] = 20,
    judged: Annotated[str, typer.Option(help="Split of corrections and messages: test, or holdout.")] = "test",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    settings: SettingsFile = None,
) -> None:
    """What corrections change before a version has learned them: messages near to them, and no others."""
    from assistant.services.bench_instant import as_markdown, run_instant
    from assistant.services.features import write_atomically

    parts = assistant(settings)
    with progress_bars() as progress:
        figures = run_instant(
            data,
            encoder=parts.encoders(parts.settings.encoder),
            cache=parts.settings.data / "features",
            plan=parts.plan(),
            taught=taught,
            judged=judged,
            on_progress=progress,
        )
    if json_file:
        write_atomically(json_file, f"{json.dumps(figures, indent=1)}\n".encode())
    out.print(as_markdown(figures))
