"""Labelled rows from a file: what a shop starts from (`assistant corpus`), and corrections (`assistant import`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import SettingsFile, actor, assistant, out, progress_bars
from assistant.counting import counted, listed
from assistant.domain import Split

NAMED = 20  # intents that a line names one by one


def register(app: typer.Typer) -> None:
    app.command("corpus")(corpus)
    app.command("import")(import_)


def corpus(
    file: Annotated[Path, typer.Argument(help="CSV or JSONL with the columns text and intent.")],
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
) -> None:
    """Make a corpus folder of your own labelled messages, for the first version of your shop.

    A column `split` says which rows to train on (train) and which to judge with (holdout or test); without
    it one in five judges. Messages that have none of the intents carry the intent `out_of_scope`. Every
    intent hands over to a person until you write its answer, in intents.json or later at the desk.
    """
    from assistant.model.doubt_fit import FEWEST
    from assistant.services.rows.own_corpus import STEADY, make_corpus
    from assistant.services.runs.stopping import PROVEN_FROM

    with progress_bars() as progress:
        made = make_corpus(file, folder, progress)
    count = len(set(made.names.values()))
    out.print(f"{folder}: {count} intents, {made.train} rows to train on, {made.holdout} to judge with")
    if renamed := {label: name for label, name in made.names.items() if label != name}:
        out.print(_otherwise(renamed))
    _tell_of_twins(made.names)
    if made.holdout < STEADY:
        out.print(f"With fewer than {STEADY} rows to judge with, a single one may refuse an update: add messages")
    if made.judging < FEWEST:
        out.print(
            f"With fewer than {FEWEST} of them that have an intent ({made.judging}) the assistant cannot tell which"
            " messages have none of its intents"
        )
    if made.thin:
        thin = listed(made.thin, NAMED)
        out.print(f"No gate guards these alone, with fewer than {PROVEN_FROM} rows to judge with: {thin}")
    out.print(
        f"Next: write the answers in {folder / 'intents.json'}, with answer as the action, or later at the desk; put"
        f' `corpus = "{folder}"` into assistant.toml; then run `assistant serve`.'
    )


def import_(
    file: Annotated[Path, typer.Argument(help="CSV or JSONL with the columns text and intent.")],
    settings: SettingsFile = None,
    split: Annotated[
        Split | None,
        typer.Option(help="Put every row on this side; default: as the file says, else one in five to the holdout."),
    ] = None,
    new_intents: Annotated[
        bool,
        typer.Option("--new-intents", help="Create intents that do not exist; each hands over until it has an answer."),
    ] = False,
) -> None:
    """Take labelled rows as corrections, all or none.

    A column `split` says which rows to train on (train) and which to judge with (holdout or test). A text
    that was ever there to train on stays so.
    """
    from assistant.services.rows.importing import import_rows, rows_of

    with progress_bars() as progress:
        rows = rows_of(file, split, progress)
        counts = import_rows(assistant(settings).store, rows, actor(), file, progress, create=new_intents)
    if counts.taken_for:
        out.print(_otherwise(counts.taken_for))
    _tell_of_twins({row.intent: counts.taken_for.get(row.intent, row.intent) for row in rows})
    if counts.created:
        out.print(
            f"{counted(len(counts.created), 'new intent')} without an answer yet: {listed(counts.created, NAMED)}"
        )
    out.print(f"{counts.added} added, {counts.relabelled} relabelled, {counts.unchanged} there already")


def _otherwise(names: Mapping[str, str]) -> str:
    return f"Written otherwise: {listed([f'{label!r} → {name}' for label, name in names.items()], NAMED)}"


def _tell_of_twins(names: Mapping[str, str]) -> None:
    """`names` of intents by the labels of the file."""
    from assistant.services.rows.intents_of_labels import told_apart_by_marks

    if twins := told_apart_by_marks(names):
        out.print(
            f"Intents of their own, though they differ in accents alone: {listed(twins, NAMED, '; ')}. If they mean"
            " the same, write one label in the file, or merge them at the desk"
        )
