"""`assistant bench oos`: what is out of scope, and how far confidence can be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import SettingsFile, assistant, out, progress_bars
from assistant.errors import InputError


def oos(
    data: Annotated[Path, typer.Argument(help="CLINC-style JSON, or CSV/JSONL with a text and a label column.")],
    test: Annotated[Path | None, typer.Option(help="The test rows of a CSV or JSONL.")] = None,
    judged: Annotated[str, typer.Option(help="Split to measure on: test, or holdout while choosing.")] = "test",
    hidden: Annotated[
        float | None,
        typer.Option(help="Share of intents to hide and take as out of scope; 0.25 where the data has no such rows."),
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds of what is hidden or halved, separated by commas.")] = "0",
    nights: Annotated[
        str | None, typer.Option(help="BASE,STEP: learn so many intents, then so many each night.")
    ] = None,
    labelled: Annotated[
        bool, typer.Option("--labelled", help="Fit on the data's rows of split oos_train too.")
    ] = False,
    memory: Annotated[
        int | None, typer.Option(help="Exemplars kept per intent; default: as the settings say.", min=1)
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
    plots: Annotated[Path | None, typer.Option(help="Folder for reliability.png, made if need be.")] = None,
    settings: SettingsFile = None,
) -> None:
    """Messages that have none of the intents: how well they are told apart, and whether confidence is honest.

    The version learns through the update of `assistant retrain`, and fits its threshold without such messages unless
    --labelled is given.
    """
    import json
    from dataclasses import replace

    from assistant.services.bench_oos import run_oos
    from assistant.services.features import make_folder, write_atomically

    numbers = _integers("--seeds", seeds)
    shape = _integers("--nights", nights) if nights else None
    if shape is not None and len(shape) != 2:
        raise InputError(f"--nights {nights!r}: give two numbers, for example 50,10")
    if json_file and json_file.is_dir():
        raise InputError(f"cannot write {json_file}: it is a folder; name a file in it")
    if plots:
        make_folder(plots)
    parts = assistant(settings)
    plan = replace(parts.plan(), quarantine=None)
    with progress_bars() as progress:
        result = run_oos(
            data,
            test,
            plan=plan if memory is None else replace(plan, memory=memory),
            encoder=parts.encoders(parts.settings.encoder),
            cache=parts.settings.data / "features",
            seeds=numbers,
            judged_split=judged,
            hidden=hidden,
            nights=(shape[0], shape[1]) if shape else None,
            labelled=labelled,
            on_progress=progress,
        )
    if json_file:
        write_atomically(json_file, f"{json.dumps(result.as_json(), indent=1)}\n".encode())
    if plots:
        from assistant.cli.oos_plots import draw

        draw(result, plots)
    out.print(result.as_markdown())


def _integers(option: str, text: str) -> list[int]:
    """Raises InputError unless `text` is different integers from 0, separated by commas."""
    try:
        numbers = [int(number) for number in text.split(",")]
    except ValueError:
        numbers = [-1]
    if min(numbers) < 0 or (option == "--seeds" and len(set(numbers)) != len(numbers)):
        raise InputError(f"{option} {text!r} is not a list of integers from 0; write for example 0,1")
    return numbers
