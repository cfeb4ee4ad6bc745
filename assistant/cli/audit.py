"""`assistant audit`: who changed what, when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import SettingsFile, assistant, out, table, writable


def register(app: typer.Typer) -> None:
    app.command()(audit)


def audit(
    settings: SettingsFile = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write the whole log to this file instead.", callback=writable)
    ] = None,
) -> None:
    """Show the newest changes that people made, or write all of them as CSV."""
    from assistant.services.desk.audit_log import AuditLog, shown

    log = AuditLog(assistant(settings).store)
    if csv is not None:
        out.print(f"{log.write_csv(csv)} changes written to {csv}")
        return
    newest = table("when (UTC)", "who", "what", "of what", "before", "after")
    for entry in log.page():
        when = f"{entry.at:%Y-%m-%d %H:%M}"
        newest.add_row(when, entry.actor, entry.action, entry.subject, shown(entry.before), shown(entry.after))
    out.print(newest)
