"""`assistant bench chat`: how long customers wait."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.shared import JsonFile, out, progress_bars, write_json


def chat(
    address: Annotated[str, typer.Argument(help="Where `assistant serve` runs.")] = "http://127.0.0.1:7860",
    messages: Annotated[int, typer.Option(help="Holdout texts of the shop corpus to ask with.", min=2)] = 200,
    json_file: JsonFile = None,
) -> None:
    """How long a customer waits for an answer of a running server, network and page included but the browser.

    The messages are kept in that server's database like any others: run it on a data folder of its own.
    """

    from assistant.services.benchmarks.chat import run_chat
    from assistant.services.rows.corpus import read_corpus

    holdout = read_corpus().holdout
    texts = [row.text for row in holdout[:: max(1, len(holdout) // messages)]][:messages]
    with progress_bars() as progress:
        result = run_chat(address, texts, progress)
    out.print(result.as_markdown())
    write_json(json_file, result.as_json())
