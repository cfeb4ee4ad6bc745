"""`assistant bench`: the figures that the README reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli import bench_drift, bench_instant, bench_label_errors, bench_labeling
from assistant.cli.bench_chat import chat
from assistant.cli.bench_cost import cost
from assistant.cli.bench_digits import digits
from assistant.cli.bench_discovery import discovery
from assistant.cli.bench_inbox import inbox
from assistant.cli.bench_oos import oos
from assistant.cli.bench_training import training
from assistant.cli.shared import JsonFile, SettingsFile, assistant, integers, out, progress_bars, write_json

bench = typer.Typer(help="Benchmarks on public data that you bring.", no_args_is_help=True)
bench.command()(inbox)
bench.command()(chat)
bench.command()(oos)
bench.command()(bench_drift.drift)
bench.command()(bench_labeling.labeling)
bench.command()(bench_instant.instant)
bench.command("label-errors")(bench_label_errors.label_errors)


bench.command()(cost)
bench.command()(digits)


@bench.callback()
def group() -> None:
    """Benchmarks on public data that you bring."""


bench.command()(discovery)
bench.command()(training)


@bench.command()
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
        from assistant.cli.stream_plots import draw

        write_csv(results, plots / "sessions.csv")
        draw(results, plots)


@bench.command()
def serving(
    messages: Annotated[int, typer.Option(help="Holdout texts of the shop corpus to ask with.", min=1)] = 400,
    json_file: JsonFile = None,
    settings: SettingsFile = None,
) -> None:
    """How long one message takes: the live version's whole reply without the database, and what encodes alone."""

    from assistant.services.benchmarks.serving import run_serving
    from assistant.services.rows.corpus import read_corpus

    parts = assistant(settings)
    corpus = read_corpus()
    with progress_bars() as progress:
        progress("loading the live version", 0, 2)
        snapshot = parts.serving_model().snapshot()
        progress("loading the live version", 1, 2)
        torch_encoder = parts.encoders(snapshot.learner.model.encoder.name)
        progress("loading the live version", 2, 2)
        learner = parts.live_model().snapshot()
        result = run_serving(
            snapshot,
            corpus.intents,
            snapshot.learner.model.encoder,
            {
                "sentence-transformers' encode": lambda text: torch_encoder.modules.encode(
                    [text], show_progress_bar=False
                ),
                "whole reply with torch": lambda text: learner.predict([text]),
            },
            [row.text for row in corpus.holdout[:: max(1, len(corpus.holdout) // messages)]][:messages],
            progress,
        )
    out.print(result.as_markdown())
    write_json(json_file, result.as_json())
