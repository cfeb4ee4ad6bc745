"""`assistant bench cost`: what learning costs as it goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.cli.shared import JsonFile, SettingsFile, assistant, out, progress_bars, write_json
from assistant.errors import InputError


def cost(
    data: Annotated[
        Path | None, typer.Argument(help="CLINC-style JSON: also time a night from raw text beside starting over.")
    ] = None,
    intents: Annotated[
        str, typer.Option(help="Old intents, by commas; the first is what ratios refer to.")
    ] = "150,1000",
    exemplars: Annotated[int, typer.Option(help="Exemplars kept per intent.", min=1)] = 20,
    new: Annotated[int, typer.Option(help="Intents that the update brings, 100 rows each.", min=1)] = 10,
    dimension: Annotated[int, typer.Option(help="Length of an embedding.", min=1)] = 1152,
    vectors: Annotated[int, typer.Option(help="Also search so many exemplars; 0 leaves it out.", min=0)] = 0,
    plan: Annotated[str, typer.Option(help="Update plan by name.")] = "default",
    json_file: JsonFile = None,
    settings: SettingsFile = None,
) -> None:
    """Seconds and memory of an update as old intents grow, on features drawn at random."""
    from assistant.evaluation.contenders import entries
    from assistant.learning.plans import PLANS
    from assistant.services.benchmarks.cost import Size, as_json, as_markdown, update_costs
    from assistant.services.benchmarks.night import read_night, run_night

    try:
        sizes = [Size(int(number), exemplars, new, dimension=dimension) for number in intents.split(",")]
    except ValueError:
        raise InputError(f"--intents {intents!r} is not a list of integers; write for example 150,1000") from None
    entries([plan], [exemplars])  # what is wrong is told at once
    if plan not in PLANS:
        raise InputError(f"--plan {plan!r} is an anchor, which makes no update; choose from: {', '.join(PLANS)}")
    arriving = read_night(data) if data else None
    result: dict[str, Any] = {}
    with progress_bars() as progress:
        costs = update_costs(sizes, PLANS[plan], progress)
        result["updates"] = as_json(costs)
        said = [as_markdown(costs)]
        if vectors:
            from assistant.services.benchmarks.search import run_search

            search = run_search(vectors, dimension, progress)
            result["search"] = search.as_json()
            said.append(search.as_markdown())
        if arriving:
            parts = assistant(settings)
            night = run_night(arriving, parts.encoders(parts.settings.encoder), PLANS[plan], progress)
            result["night"] = night.as_json()
            said.append(night.as_markdown())
    out.print("\n\n".join(said))
    write_json(json_file, result)
