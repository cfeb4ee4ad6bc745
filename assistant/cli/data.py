"""`assistant import`: labelled rows from a file, as corrections."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import SettingsFile, actor, assistant, out
from assistant.domain import LabelledText, Split


def register(app: typer.Typer) -> None:
    app.command("import")(import_rows)


def import_rows(
    file: Annotated[Path, typer.Argument(help="CSV or JSONL with the columns text and intent.")],
    settings: SettingsFile = None,
    split: Annotated[
        Split | None, typer.Option(help="Put every row on this side; default: one in five to the holdout, by text.")
    ] = None,
) -> None:
    """Take labelled rows as corrections, all or none. Their intents must exist."""
    from assistant.formats import read_rows
    from assistant.services.importing import import_labelled

    rows = [LabelledText(row.text, row.intent) for row in read_rows(file)]
    counts = import_labelled(assistant(settings).store, rows, actor(), split=split)
    out.print(f"{counts.added} added, {counts.relabelled} relabelled, {counts.unchanged} there already")
