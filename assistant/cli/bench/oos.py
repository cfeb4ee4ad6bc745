"""`assistant bench oos`: what is out of scope, and how far confidence can be trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import JsonFile, SettingsFile, assistant, integers, out, progress_bars, write_json
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
    json_file: JsonFile = None,
    plots: Annotated[Path | None, typer.Option(help="Folder for reliability.png, made if need be.")] = None,
    settings: SettingsFile = None,
) -> None:
    """Messages that have none of the intents: how well they are told apart, and whether confidence is honest.

    They are the rows under the keys oos_… of the JSON, or with the label out_of_scope of any file.
    The version learns through the update of `assistant retrain`, and fits its threshold without such messages unless
    --labelled is given.
    """
    from dataclasses import replace

    from assistant.services.benchmarks.oos import run_oos
    from assistant.services.files import require_folder

    numbers = integers("--seeds", seeds)
    shape = integers("--nights", nights) if nights else None
    if shape is not None and len(shape) != 2:
        raise InputError(f"--nights {nights!r}: give two numbers, for example 50,10")
    if plots:
        require_folder(plots)
    parts = assistant(settings)
    plan = parts.plan()
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
    out.print(result.as_markdown())
    write_json(json_file, result.as_json())
    if plots:
        from assistant.cli.bench.oos_plots import draw

        draw(result, plots)
