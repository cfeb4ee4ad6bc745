"""What several commands share: the settings option, progress bars, whom to name as the actor."""

from __future__ import annotations

import errno
import getpass
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from assistant.bootstrap import Assistant
from assistant.errors import InputError
from assistant.services.files import require_writable, write_atomically
from assistant.settings_file import load_settings

SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="TOML file with settings; default: assistant.toml here, if it exists.")
]


def writable(file: Path | None) -> Path | None:
    """For options that name a file to write: told before the work, not after it."""
    if file is not None:
        require_writable(file)
    return file


JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the figures here.", callback=writable)]

# No markup: reasons and names are what people typed, and brackets in them are brackets.
out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)


def table(*heads: str | Column, title: str | None = None) -> Table:
    """Names and ids are there to be read whole and copied: on a narrow terminal they are folded, never cut."""
    return Table(*(Column(head, overflow="fold") if isinstance(head, str) else head for head in heads), title=title)


class _Beside(Console):
    """Standard error, for what stands beside the work."""

    def __init__(self) -> None:
        super().__init__(stderr=True)

    def on_broken_pipe(self) -> None:
        """By itself it would end the program here."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def assistant(file: Path | None) -> Assistant:
    return Assistant(load_settings(file))


def actor() -> str:
    """Who runs the command, for the history."""
    try:
        return f"{getpass.getuser()} (command line)"
    except (OSError, KeyError):  # a container may run as a user without a name
        return "command line"


def integers(option: str, text: str) -> list[int]:
    """Raises InputError unless `text` is integers separated by commas."""
    try:
        return [int(number) for number in text.split(",")]
    except ValueError:
        raise InputError(f"{option} {text!r} is not a list of integers; write for example 0,1,2") from None


def write_json(file: Path | None, document: Any) -> None:
    """Writes the figures where a file is named for them."""
    if file:
        write_atomically(file, f"{json.dumps(document, indent=1)}\n".encode())


def note(text: str) -> None:
    """Says how a night goes: a log on a full disk, or whose reader is gone, neither ends it nor changes its outcome."""
    with suppress(OSError, SystemExit):  # the latter is Rich's answer to a reader who is gone
        out.print(text)


@contextmanager
def loading(what: str) -> Iterator[None]:
    """Says on the terminal that `what` is being loaded, for as long as the body takes: torch takes seconds."""
    shown = _Beside().status(f"loading {what}")
    with suppress(OSError):  # as in `note`
        shown.start()
        shown.update(spinner="dots")  # at once: the thread that paints it may get no turn while much is imported
    try:
        yield
    finally:
        with suppress(OSError):
            shown.stop()


@contextmanager
def stoppable(parts: Assistant) -> Iterator[None]:
    """Around a run that learns: says what Ctrl+C left live, and goes on ending."""
    before = parts.versions().live()
    try:
        yield
    except KeyboardInterrupt:
        live = parts.versions().live()
        if live is not None:
            waits = " as before; the next run learns what waits" if before == live else ""
            note(f"stopped: version {live.id} is live{waits}")
        raise


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for every kind of work that reports (what, done, in all), on standard error; nothing without a report.

    Where standard error takes nothing, the work goes on without them.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars = Progress(*columns, console=_Beside())
    tasks: dict[str, TaskID] = {}

    def report(what: str, done: int, total: int) -> None:
        with suppress(OSError):
            bars.start()  # no sooner: bars that show nothing would leave a blank line
            if what not in tasks or (done <= 1 and bars.tasks[tasks[what]].finished):
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

    try:
        yield report
    finally:
        if tasks:
            with suppress(OSError):
                bars.stop()
