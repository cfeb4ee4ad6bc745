"""`assistant discover`: look for new intents, and list what was found."""

from __future__ import annotations

import typer

from assistant.bootstrap import Assistant
from assistant.cli.shared import SettingsFile, assistant, loading, out, progress_bars, table
from assistant.counting import counted
from assistant.errors import AssistantError


def register(app: typer.Typer) -> None:
    app.command()(discover)


def discover(settings: SettingsFile = None) -> None:
    """Look for new intents among messages that were not understood, and list the proposals.

    `assistant retrain` does the same every night. Operators approve, merge or dismiss proposals at the desk.
    """
    parts = assistant(settings)
    out.print(refreshed(parts))
    proposed = table("proposal", "name", "messages", "words", "nearest intent", "most typical message")
    for view in parts.proposals().list():
        proposed.add_row(
            str(view.id), view.name, str(len(view.messages)), ", ".join(view.terms), view.nearest or "",
            view.messages[0][1] if view.messages else "",
        )  # fmt: skip
    if proposed.row_count:
        out.print(proposed)


def refreshed(parts: Assistant) -> str:
    """Brings the proposals up to date; what came of it, in one line."""
    with loading("what looks for new intents"):  # before the bars: an error stands alone then
        discover = parts.discover()
    with progress_bars() as progress:
        done = discover.refresh(progress)
    open_ones = done.new + done.again
    dismissed = f", {done.dismissed} stay dismissed" if done.dismissed else ""
    proposed, messages = counted(open_ones, "intent"), counted(done.messages, "message")
    return f"{proposed} proposed ({done.new} new{dismissed}) out of {messages} without a label"


def told(parts: Assistant) -> str:
    """`refreshed`, where a failure must not hide what was done before."""
    try:
        return refreshed(parts)
    except AssistantError as error:
        return f"no new intents were looked for: {error}"
