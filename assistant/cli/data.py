"""`assistant import`: labelled rows from a file, as corrections."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import SettingsFile, actor, assistant, out, progress_bars
from assistant.domain import Split


def register(app: typer.Typer) -> None:
    app.command("import")(import_)


def import_(
    file: Annotated[Path, typer.Argument(help="CSV or JSONL with the columns text and intent.")],
    settings: SettingsFile = None,
    split: Annotated[
        Split | None,
        typer.Option(help="Put every row on this side; default: as the file says, else one in five to the holdout."),
    ] = None,
) -> None:
    """Take labelled rows as corrections, all or none. Their intents must exist.

    A column `split` says which rows to train on (train) and which to judge with (holdout or test). A text
    that was ever there to train on stays so.
    """
    from assistant.services.importing import import_rows, rows_of

    with progress_bars() as progress:
        rows = rows_of(file, split, progress)
        counts = import_rows(assistant(settings).store, rows, actor(), file, progress)
    out.print(f"{counts.added} added, {counts.relabelled} relabelled, {counts.unchanged} there already")
