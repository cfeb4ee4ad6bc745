"""`assistant bench inbox`: how long an operator waits for a page of messages."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.shared import JsonFile, out, progress_bars, write_json


def inbox(
    messages: Annotated[int, typer.Option(help="Messages in the inbox.", min=100)] = 100_000,
    json_file: JsonFile = None,
) -> None:
    """How long a page of the operators' inbox takes, by filter and order, on messages made for it."""

    from assistant.services.benchmarks.inbox import run_inbox

    with progress_bars() as progress:
        result = run_inbox(messages, progress)
    out.print(result.as_markdown())
    write_json(json_file, result.as_json())
