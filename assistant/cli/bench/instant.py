"""`assistant bench instant`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import JsonFile, SettingsFile, assistant, out, progress_bars, write_json


def instant(
    data: Annotated[Path, typer.Argument(help="CLINC-style JSON, or CSV/JSONL with text, label and split columns.")],
    taught: Annotated[int, typer.Option(help="Train rows of each intent that the version learns.", min=1)] = 20,
    judged: Annotated[str, typer.Option(help="Split of corrections and messages: test, or holdout.")] = "test",
    json_file: JsonFile = None,
    settings: SettingsFile = None,
) -> None:
    """What corrections change before a version has learned them: messages near to them, and no others."""
    from assistant.services.benchmarks.instant import as_markdown, run_instant

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
    out.print(as_markdown(figures))
    write_json(json_file, figures)
