"""`assistant bench stream`: intents that arrive night by night."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import JsonFile, SettingsFile, assistant, integers, out, progress_bars, write_json


def stream(
    data: Annotated[Path, typer.Argument(help="CLINC-style JSON, or CSV/JSONL with a text and a label column.")],
    base: Annotated[int, typer.Option(help="Intents of the first session.", min=1)],
    step: Annotated[int, typer.Option(help="Intents of each later session.", min=1)],
    test: Annotated[Path | None, typer.Option(help="The test rows of a CSV or JSONL.")] = None,
    seeds: Annotated[str, typer.Option(help="Seeds of the order of intents, separated by commas.")] = "0,1,2",
    memory: Annotated[str, typer.Option(help="Exemplars kept per intent; several sizes with commas.")] = "20",
    plan: Annotated[
        str,
        typer.Option(
            help="Update plans and anchors (joint, nearest-mean, joint-fine-tune) by name, separated by commas."
        ),
    ] = "default",
    anchors: Annotated[
        bool, typer.Option("--anchors", help="Add joint, nearest-mean, replay-only and naive to the plans.")
    ] = False,
    shots: Annotated[int | None, typer.Option(help="Rows that each new intent brings; default: all it has.")] = None,
    noise: Annotated[float, typer.Option(help="Share of the new intents' labels that are wrong, from 0 to 1.")] = 0.0,
    json_file: JsonFile = None,
    plots: Annotated[
        Path | None, typer.Option(help="Folder for curves as PNG and sessions.csv, made if need be.")
    ] = None,
    consolidate: Annotated[
        int | None, typer.Option(help="Train the encoder too in every so many-th night; default: never.")
    ] = None,
    judged: Annotated[str, typer.Option(help="Split to measure on: test, or holdout while choosing.")] = "test",
    settings: SettingsFile = None,
) -> None:
    """The nightly stream: intents arrive session by session, all through the update of `assistant retrain`.

    An anchor is what plans are measured against: joint trains a head anew on all rows every night, nearest-mean
    keeps class means alone, and joint-fine-tune trains the encoder too (minutes; as often as --consolidate says).
    """
    numbers, sizes = integers("--seeds", seeds), integers("--memory", memory)

    from assistant.evaluation.contenders import REFERENCES
    from assistant.evaluation.nights import StreamShape
    from assistant.services.benchmarks.stream_figures import as_json, as_markdown, write_csv
    from assistant.services.benchmarks.streams import run_stream
    from assistant.services.files import require_folder

    names = [name.strip() for name in plan.split(",")]
    if plots:
        require_folder(plots)  # before the long part, so that a wrong folder is told at once
    parts = assistant(settings)
    with progress_bars() as progress:
        results = run_stream(
            data,
            test,
            plans=[*names, *(name for name in REFERENCES if anchors and name not in names)],
            memories=sizes,
            shape=StreamShape(base, step, shots, noise),
            seeds=numbers,
            encoder=parts.encoders(parts.settings.encoder),
            cache=parts.settings.data / "features",
            on_progress=progress,
            judged=judged,
            consolidate=consolidate,
        )
    out.print(as_markdown(results))
    write_json(json_file, as_json(results))
    if plots:
        from assistant.cli.bench.stream_plots import draw

        write_csv(results, plots / "sessions.csv")
        draw(results, plots)
