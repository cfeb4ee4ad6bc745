"""`assistant learn`: learning while the day goes on."""

from __future__ import annotations

import signal
import threading
from datetime import datetime
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.erase import erase_old, erase_old_first
from assistant.cli.shared import SettingsFile, actor, assistant, loading, note, progress_bars, stoppable
from assistant.counting import counted

if TYPE_CHECKING:
    from assistant.services.runs.retrain import RetrainResult


def register(app: typer.Typer) -> None:
    app.command()(learn)


def learn(
    settings: SettingsFile = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until stopped, instead of once.")] = False,
    every: Annotated[int, typer.Option(help="Corrections after which an update begins.", min=1)] = 20,
    seconds: Annotated[float, typer.Option(help="Or so long after the first of fewer.", min=0.1)] = 300.0,
) -> None:
    """Learn corrections as they come in, by the same gates as `assistant retrain`.

    Without --follow once, as `assistant retrain` does. SIGINT or SIGTERM ends it after the update at work.
    """
    from assistant.learning.allocation import give_back_what_is_freed

    parts = assistant(settings)
    give_back_what_is_freed()  # it may wait for hours between two updates
    with loading("what learns"):
        from assistant.services.runs.follow import Follow

        chosen, retrain = parts.reasons(), parts.retrain()
    for reason in chosen:
        note(f"chosen because of {reason}")
    if not follow:
        erase_old_first(parts)
        with stoppable(parts), progress_bars() as progress:
            result = retrain.run(actor=actor(), hold=parts.settings.retrain.hold, progress=progress)
        said(result)
        raise typer.Exit(int(result.exit_code))
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    following = Follow(
        parts.store,
        retrain,
        actor(),
        every,
        seconds,
        hold=parts.settings.retrain.hold,
        on_result=said,
        daily=partial(erase_old, parts),
        to_forget=parts.versions().to_forget,
    )
    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        note(f"following: an update after {counted(every, 'correction')}, or {seconds:g} s after the first")
        updates = following.run(stop)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    note(f"stopped after {counted(updates, 'update')}")


def said(result: RetrainResult) -> None:
    """One line for each update."""
    version = f" {result.version}" if result.version else ""
    rows = f", {result.report['trained_rows']} corrections" if result.report else ""
    note(f"{datetime.now():%H:%M:%S} {result.verdict}{version}{rows}: {result.reason}")
