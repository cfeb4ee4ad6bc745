"""`assistant bench drift`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import JsonFile, SettingsFile, assistant, out, progress_bars, write_json
from assistant.evaluation.nights import LARGEST_SEED


def drift(
    data: Annotated[Path, typer.Argument(help="CLINC-style JSON, or CSV/JSONL with a text and a label column.")],
    domains: Annotated[
        Path | None, typer.Option(help="JSON object of domains and their intents, for the swap of domains.")
    ] = None,
    windows: Annotated[int, typer.Option(help="Quiet windows to watch.", min=10)] = 1000,
    repeats: Annotated[int, typer.Option(help="References to draw, and tries of each change.", min=1)] = 10,
    seed: Annotated[int, typer.Option(help="Of all that is drawn at random.", min=0, max=LARGEST_SEED)] = 0,
    json_file: JsonFile = None,
    settings: SettingsFile = None,
) -> None:
    """The drift monitors: false alarms on quiet traffic, and how soon each tells each kind of change.

    No test row is read.
    """
    from assistant.services.benchmarks.drift import as_markdown, read_domains, run_drift

    parts = assistant(settings)
    with progress_bars() as progress:
        figures = run_drift(
            data,
            read_domains(domains) if domains else None,
            encoder=parts.encoders(parts.settings.encoder),
            cache=parts.settings.data / "features",
            plan=parts.plan(),
            windows=windows,
            repeats=repeats,
            seed=seed,
            on_progress=progress,
        )
    out.print(as_markdown(figures))
    write_json(json_file, figures)
