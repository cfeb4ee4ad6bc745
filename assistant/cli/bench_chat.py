"""`assistant bench chat`: how long customers wait."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.shared import out, progress_bars


def chat(
    address: Annotated[str, typer.Argument(help="Where `assistant serve` runs.")] = "http://127.0.0.1:7860",
    messages: Annotated[int, typer.Option(help="Holdout texts of the shop corpus to ask with.", min=2)] = 200,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """How long a customer waits for an answer of a running server, network and page included but the browser.

    The messages are kept in that server's database like any others: run it on a data folder of its own.
    """
    import json

    from assistant.services.bench_chat import run_chat
    from assistant.services.corpus import read_corpus
    from assistant.services.features import write_atomically

    holdout = read_corpus().holdout
    texts = [row.text for row in holdout[:: max(1, len(holdout) // messages)]][:messages]
    with progress_bars() as progress:
        result = run_chat(address, texts, progress)
    if json_file:
        write_atomically(json_file, f"{json.dumps(result.as_json(), indent=1)}\n".encode())
    out.print(result.as_markdown())
