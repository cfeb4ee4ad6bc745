"""`assistant versions`, `publish` and `rollback`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.table import Column

from assistant.cli.shared import SettingsFile, actor, assistant, out, table
from assistant.counting import counted


def register(app: typer.Typer) -> None:
    app.command()(versions)
    app.command()(publish)
    app.command()(rollback)
    app.command()(prune)


def versions(
    settings: SettingsFile = None,
    report: Annotated[str | None, typer.Option(help="Print the report of this version instead.")] = None,
) -> None:
    """List the versions and the history of what was live, newest first."""
    parts = assistant(settings).versions()
    if report is not None:
        out.print(parts.report_markdown(report))
        return
    live = parts.live()
    made = table(Column("version", no_wrap=True), "built on", "created (UTC)", "state")
    for version in parts.all():
        state = "live" if live and version.id == live.id else version.state
        if not parts.has_files(version.id):
            state = "without files"
        made.add_row(version.id, version.parent or "", f"{version.created_at:%Y-%m-%d %H:%M}", state)
    out.print(made)
    history = table("when (UTC)", "who", "what", "from", "to", "why")
    for past in parts.history():
        when = f"{past.at:%Y-%m-%d %H:%M}"
        history.add_row(when, past.actor, past.kind, past.from_version or "", past.to_version, past.reason)
    out.print(history)


def publish(
    version: Annotated[str, typer.Argument(help="A held or an earlier version.")],
    settings: SettingsFile = None,
    reason: Annotated[str, typer.Option(help="Kept in the history.")] = "published by hand",
) -> None:
    """Make a held version live."""
    done = assistant(settings).versions().publish(version, actor(), reason)
    out.print(f"version {done.id} is live")


def rollback(
    settings: SettingsFile = None,
    to: Annotated[str | None, typer.Option(help="An earlier version; default: the one before the live one.")] = None,
    reason: Annotated[str, typer.Option(help="Kept in the history.")] = "rolled back by hand",
) -> None:
    """Go back to the version before: model, memory and learned marks together."""
    done = assistant(settings).versions().roll_back(actor(), reason, to)
    out.print(f"version {done.id} is live")


def prune(
    keep: Annotated[int, typer.Option(help="Earlier versions to keep, for a rollback.", min=1)] = 30,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Delete the folders of versions that are older than the live one and those before it.

    Reports and history stay; a version without its folder cannot be made live again. What is held or in a trial stays.
    A version whose memory knows a text that was erased since goes too, however young: it may not go live.
    """
    pruning = assistant(settings).pruning()
    old = pruning.unneeded(keep)
    if not old:
        out.print("no version is to be deleted")
        return
    if not yes:
        typer.confirm(f"Delete {counted(len(old), 'version')}, {old[0]} to {old[-1]}, for good?", abort=True)
    done = pruning.prune(keep, actor())
    out.print(f"deleted {counted(len(done.versions), 'version')}, {done.megabytes:.0f} MB")
