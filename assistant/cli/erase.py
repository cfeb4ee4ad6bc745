"""`assistant erase`: what customers said and is to be kept no longer."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.bootstrap import Assistant
from assistant.cli.shared import SettingsFile, actor, assistant, note, out, progress_bars
from assistant.counting import counted
from assistant.errors import InputError, StoreError

SHOWN = 20  # conversations, before the question whether to erase them
WIDTH = 70


def register(app: typer.Typer) -> None:
    app.command()(erase)


def erase(
    older_than: Annotated[
        int | None,
        typer.Option(help="Erase conversations that were quiet for so many days; default: the setting."),
    ] = None,
    saying: Annotated[
        str | None, typer.Option(help="Erase conversations in which a customer wrote these words.")
    ] = None,
    labels: Annotated[
        bool, typer.Option("--labels", help="Take back the labels of their texts too; the next version forgets them.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Erase conversations: texts, embeddings, thumbs and comments, for good.

    Texts that operators labelled stay as training rows, without their message. With --labels they go too, and the next
    `retrain` makes a version whose memory has none of them, and `prune` then deletes the folders of versions before it
    that know them. Backups, and what somebody imported from a file, are yours to look through.
    """
    parts = assistant(settings)
    days = older_than if older_than is not None or saying is not None else parts.settings.retention_days
    if (days is None) == (saying is None):
        raise InputError(
            "name what to erase: either --older-than DAYS (or the setting retention_days) or --saying WORDS"
        )
    erasing = parts.erasing()
    if saying is not None:
        found = erasing.saying(saying)
        for each in found[:SHOWN]:
            out.print(f"  {each.began:%Y-%m-%d %H:%M} UTC  {' '.join(each.text.split())[:WIDTH]}")
        if len(found) > SHOWN:
            out.print(f"  and {len(found) - SHOWN} more")
        chosen, because = [each.conversation_id for each in found], "asked for"
    else:
        chosen, because = erasing.quiet(days or 0), quiet_for(days or 0)
    if not chosen:
        erasing.erase([], actor=actor(), because=because)  # of those before, the files may have kept a copy
        out.print("no conversation is to be erased")
        return
    if not yes:
        typer.confirm(f"Erase {counted(len(chosen), 'conversation')} for good?", abort=True)
    with progress_bars() as progress:
        gone = erasing.erase(chosen, actor=actor(), because=because, labels=labels, progress=progress)
    what = (
        "their labels are taken back; run `assistant retrain`, then `assistant prune`"
        if labels
        else "they stay as training rows"
    )
    kept = f"; labelled, {counted(gone.labels, 'text')}: {what}" if gone.labels else ""
    out.print(f"erased {counted(gone.conversations, 'conversation')} with {counted(gone.messages, 'message')}{kept}")


def erase_old(parts: Assistant) -> None:
    """What the settings say is to be kept no longer goes before anything is learned."""
    days = parts.settings.retention_days
    if days is None:
        return
    erasing = parts.erasing()
    with progress_bars() as progress:
        gone = erasing.erase(erasing.quiet(days), actor=actor(), because=quiet_for(days), progress=progress)
    if gone.conversations:
        note(f"erased {counted(gone.conversations, 'conversation')}, {quiet_for(days)}")


def erase_old_first(parts: Assistant) -> None:
    """`erase_old` before a run that learns, which goes on without it: the next run tries again."""
    try:
        erase_old(parts)
    except StoreError as error:
        note(f"what is to be kept no longer could not be erased for good: {error}")


def quiet_for(days: int) -> str:
    return f"quiet for {counted(days, 'day')}"
