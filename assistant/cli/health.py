"""`assistant health`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column

from assistant.cli.shared import SettingsFile, assistant, out, table

TOLD = ("version", "all intents (%)", "old intents (%)", "new intents (%)", "intents of the first version (%)")


def register(app: typer.Typer) -> None:
    app.command()(health)


def health(
    settings: SettingsFile = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            help="Folder for all figures of the desk's health page, a CSV file for each table; made if need be."
        ),
    ] = None,
) -> None:
    """Tell whether the versions get better, and which intents have fallen below their best.

    Reads reports and tables, measures nothing anew. Accuracies are on rows that were never trained on.
    """
    from assistant.services.health.tables import tables, write_tables

    view = assistant(settings).health().view()
    if view.live is None:
        out.print("no version is live yet; `assistant serve` trains the first one")
    else:
        found = tables(view)
        versions = found["versions"]
        chosen = [versions.heads.index(head) for head in TOLD]
        line = table(Column(TOLD[0], no_wrap=True), *TOLD[1:], title="the line that leads to the live version")
        for row in versions.rows:
            line.add_row(*(_told(row[column]) for column in chosen))
        out.print(line)
        fallen = found["fallen"]
        if fallen.rows:
            lost = table(*fallen.heads, title="intents below their best")
            for row in fallen.rows:
                lost.add_row(*map(_told, row))
            out.print(lost)
        else:
            out.print("no intent with enough holdout rows is below its best")
    if view.no_doubt:
        out.print(view.no_doubt)
    for file in write_tables(view, csv) if csv else ():
        out.print(str(file))


def _told(cell: object) -> str:
    return "" if cell is None else str(cell)
