"""The commands put together, and how errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from io import TextIOWrapper

import typer
from rich.console import Console

from assistant.cli import (
    audit,
    data,
    discover,
    drift,
    erase,
    experiment,
    follow,
    health,
    learn,
    operators,
    serve,
    shadow,
    versions,
)
from assistant.cli.bench.commands import bench
from assistant.errors import AssistantError, InputError, SettingsError

app = typer.Typer(
    name="assistant",
    help="A customer-support assistant that keeps learning without forgetting.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
for module in (serve, learn, follow, discover, drift, health, versions, shadow, data, erase, audit):
    module.register(app)
app.add_typer(learn.encoder, name="encoder")
app.add_typer(operators.operator, name="operator")
app.add_typer(experiment.experiment, name="experiment")
app.add_typer(bench, name="bench")


def run() -> None:
    """Runs the command line, as `assistant.cli.main` does; errors become one line and an exit code."""
    _open_what_is_closed()
    os.environ.setdefault("PATH", os.defpath)  # where a service has none, what Gradio imports fails
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what a terminal cannot spell must not end what is being done
            stream.reconfigure(errors="backslashreplace")
    console = Console(stderr=True)
    try:
        app(prog_name="assistant")  # also when run as a module
    except AssistantError as error:
        console.print(f"Error: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(2 if isinstance(error, InputError | SettingsError) else 1)
    except OSError as error:  # such as a full disk under the file that the output goes to
        told = f"Error: {error}; what was done until then stays. {_advice()}, then run again"
        with suppress(OSError):
            console.print(told, style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


def _open_what_is_closed() -> None:
    """A service manager may close the standard streams. Then libraries fail that write there, or worse, write into the
    file that was opened in their place, which gets their number."""
    for name in ("stdin", "stdout", "stderr"):  # by their numbers: what is opened gets the lowest that is free
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r+", encoding="utf-8"))  # noqa: SIM115 - it stays open


def _advice() -> str:
    try:
        tempfile.gettempdir()
    except FileNotFoundError:  # the libraries need one, and a container may have none that can be written
        return "Free some space, or name a folder that this user can write in the environment variable TMPDIR"
    return "Free some space or correct the place"
