"""`assistant bench inbox`: how long an operator waits for a page of messages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import out, progress_bars


def inbox(
    messages: Annotated[int, typer.Option(help="Messages in the inbox.", min=100)] = 100_000,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """How long a page of the operators' inbox takes, by filter and order, on messages made for it."""
    import json

    from assistant.services.bench_inbox import run_inbox
    from assistant.services.features import write_atomically

    with progress_bars() as progress:
        result = run_inbox(messages, progress)
    if json_file:
        write_atomically(json_file, f"{json.dumps(result.as_json(), indent=1)}\n".encode())
    out.print(result.as_markdown())
