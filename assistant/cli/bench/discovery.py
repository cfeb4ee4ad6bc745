"""`assistant bench discovery`: how well hidden intents are found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import JsonFile, SettingsFile, assistant, integers, out, progress_bars, write_json


def discovery(
    data: Annotated[Path, typer.Argument(help="CLINC-style JSON, or CSV/JSONL with a text and a label column.")],
    hidden: Annotated[float, typer.Option(help="Share of the intents that nobody has labelled, from 0 to 1.")] = 0.25,
    test: Annotated[Path | None, typer.Option(help="The known intents' messages of a CSV or JSONL.")] = None,
    seeds: Annotated[str, typer.Option(help="Seeds of the hidden intents, separated by commas.")] = "0,1,2",
    discoverer: Annotated[str, typer.Option(help="Discoverer by name.")] = "anchored",
    json_file: JsonFile = None,
    judged: Annotated[str, typer.Option(help="Split of the known messages: test, or holdout while choosing.")] = "test",
    settings: SettingsFile = None,
) -> None:
    """New intents: some are hidden, and have to be found, their number too, among messages of the known ones.

    A hidden row that is left with the known intents or as noise counts as wrong.
    """
    numbers = integers("--seeds", seeds)

    from assistant.services.benchmarks.discovery import run_discovery
    from assistant.strategies import Spec

    parts = assistant(settings)
    with progress_bars() as progress:
        result = run_discovery(
            data,
            test,
            share=hidden,
            seeds=numbers,
            encoder=parts.encoders(parts.settings.encoder),
            cache=parts.settings.data / "features",
            discoverer=Spec(name=discoverer),
            judged=judged,
            progress=progress,
        )
    out.print(result.as_markdown())
    write_json(json_file, result.as_json())
