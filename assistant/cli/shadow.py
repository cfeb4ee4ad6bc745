"""`assistant shadow`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.shared import SettingsFile, assistant, out, progress_bars, table, writable
from assistant.services.files import write_atomically

if TYPE_CHECKING:
    from rich.table import Table as Shown

    from assistant.services.tables import Cell, Table

SHOWN = 20  # changed answers; a file has all
TOLD = ("text", "live guess", "live does", "candidate guess", "candidate does", "label", "change")


def register(app: typer.Typer) -> None:
    app.command()(shadow)


def shadow(
    version: Annotated[str, typer.Argument(help="A version that is not live.")],
    settings: SettingsFile = None,
    days: Annotated[int, typer.Option(help="How many days back.", min=1, max=3660)] = 14,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write everything here.", callback=writable)] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write all changed answers here.", callback=writable)
    ] = None,
) -> None:
    """Ask a version about the logged messages of the last days, and list the answers that it would change.

    Nothing is published, and no customer notices. Corrections that hold before the night are left out on both sides.
    """
    from assistant.services.trials.shadow_tables import as_json, change_table, changed_table, decision_table, words

    parts = assistant(settings).shadow()
    with progress_bars() as progress:
        found = parts.compare(version, days, lambda done, total: progress("asking both versions", done, total))
    for sentence in words(found):
        out.print(sentence)
    for figures in (change_table(found), decision_table(found)):
        out.print(_shown(figures, figures.heads))
    if found.changed:
        out.print(_shown(changed_table(found), TOLD, SHOWN))
    if len(found.changed) > SHOWN:
        out.print(f"{len(found.changed) - SHOWN:,} more; --csv FILE or --json FILE writes all of them")
    _write(json_file, json.dumps(as_json(found), indent=1, ensure_ascii=False))
    _write(csv, changed_table(found).as_csv())


def _shown(figures: Table, heads: tuple[str, ...], most: int | None = None) -> Shown:
    shown, columns = table(*heads), [figures.heads.index(head) for head in heads]
    for row in figures.rows[:most]:
        shown.add_row(*(_told(row[column]) for column in columns))
    return shown


def _told(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _write(file: Path | None, text: str) -> None:
    if file is not None:
        write_atomically(file, text.encode())
        out.print(f"written to {file}")
