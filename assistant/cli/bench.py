"""`assistant bench`: the figures that the README reports."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import SettingsFile, assistant, out, progress_bars
from assistant.errors import InputError

bench = typer.Typer(help="Benchmarks on public data that you bring.", no_args_is_help=True)


@bench.callback()
def group() -> None:
    """Benchmarks on public data that you bring."""


@bench.command()
def stream(
    data: Annotated[Path, typer.Argument(help="CLINC-style JSON, or CSV/JSONL with a text and a label column.")],
    base: Annotated[int, typer.Option(help="Intents of the first session.", min=1)],
    step: Annotated[int, typer.Option(help="Intents of each later session.", min=1)],
    test: Annotated[Path | None, typer.Option(help="The test rows of a CSV or JSONL.")] = None,
    seeds: Annotated[str, typer.Option(help="Seeds of the order of intents, separated by commas.")] = "0,1,2",
    memory: Annotated[int, typer.Option(help="Exemplars kept per intent.", min=1)] = 20,
    plan: Annotated[str, typer.Option(help="Update plan by name.")] = "default",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    judged: Annotated[str, typer.Option(help="Split to measure on: test, or holdout while choosing.")] = "test",
    settings: SettingsFile = None,
) -> None:
    """The nightly stream: intents arrive session by session, all through the update of `assistant retrain`."""
    from assistant.services.bench import as_markdown, run_stream, write_result

    try:
        numbers = [int(seed) for seed in seeds.split(",")]
    except ValueError:
        raise InputError(f"--seeds {seeds!r} is not a list of integers; write for example 0,1,2") from None
    parts = assistant(settings)
    with progress_bars() as progress:
        encoder = parts.encoders(parts.settings.encoder)
        result = run_stream(
            data,
            test,
            base=base,
            step=step,
            seeds=numbers,
            memory=memory,
            plan_name=plan,
            encoder=encoder,
            cache=parts.settings.data / "features",
            on_progress=progress,
            judged=judged,
        )
    if json_file:
        write_result(result, json_file)
    out.print(as_markdown(result))


@bench.command()
def serving(
    messages: Annotated[int, typer.Option(help="Holdout texts of the shop corpus to ask with.", min=1)] = 400,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    settings: SettingsFile = None,
) -> None:
    """How long one message takes: the live version's whole reply without the database, and what encodes alone."""
    import json

    from assistant.services.bench_serving import run_serving
    from assistant.services.corpus import read_corpus
    from assistant.services.features import write_atomically

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
    if json_file:
        write_atomically(json_file, f"{json.dumps(result.as_json(), indent=1)}\n".encode())
    out.print(result.as_markdown())
