"""`assistant experiment start`, `status`, `publish` and `drop`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import SettingsFile, actor, assistant, out, table, writable
from assistant.counting import percentage
from assistant.services.files import write_atomically

experiment = typer.Typer(
    help="Try a held version on a share of the conversations, until it is published or dropped.", no_args_is_help=True
)


@experiment.command()
def start(
    version: Annotated[str, typer.Argument(help="A held or an earlier version.")],
    settings: SettingsFile = None,
    share: Annotated[float, typer.Option(help="Share of the conversations, above 0 and below 1.")] = 0.1,
) -> None:
    """Let a version answer a share of the conversations that begin from now on.

    A conversation stays with the version that it began with. The running chat follows within two seconds. Whatever
    goes live meanwhile, such as a nightly update, ends the experiment.
    """
    begun = assistant(settings).experiments().start(version, share, actor())
    tried = percentage(begun.share)
    out.print(f"version {begun.version} answers {tried} of the new conversations, {begun.against} the others")


@experiment.command()
def status(
    settings: SettingsFile = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the figures here too.", callback=writable)] = None,
) -> None:
    """Show the figures of both versions in the running or the last experiment, and whether they tell anything yet."""
    from assistant.services.trials.experiment_tables import arms_table, headline

    found = assistant(settings).experiments().latest()
    if found is None:
        out.print("no version was tried yet; `assistant experiment start VERSION` begins")
        return
    figures = arms_table(found)
    arms = table(*figures.heads)
    for row in figures.rows:
        arms.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(headline(found))
    out.print(arms)
    out.print(found.verdict)
    if csv is not None:
        write_atomically(csv, figures.as_csv().encode())
        out.print(f"written to {csv}")


@experiment.command()
def publish(
    settings: SettingsFile = None,
    reason: Annotated[str, typer.Option(help="Kept in the history.")] = "published after an experiment",
) -> None:
    """Make the version that is being tried live for everybody."""
    out.print(f"version {assistant(settings).experiments().publish(actor(), reason)} is live")


@experiment.command()
def drop(
    settings: SettingsFile = None,
    reason: Annotated[str, typer.Option(help="Kept with the experiment.")] = "dropped by hand",
) -> None:
    """End the experiment: the live version answers everybody again."""
    out.print(f"version {assistant(settings).experiments().drop(actor(), reason)} is not tried any more")
