"""`assistant bench serving`: how long one message takes."""

from __future__ import annotations

from typing import Annotated

import typer

from assistant.cli.shared import JsonFile, SettingsFile, assistant, out, progress_bars, write_json


def serving(
    messages: Annotated[int, typer.Option(help="Holdout texts of the shop corpus to ask with.", min=1)] = 400,
    json_file: JsonFile = None,
    settings: SettingsFile = None,
) -> None:
    """How long one message takes: the live version's whole reply without the database, and what encodes alone."""
    from assistant.model.encoder import torch_encoder
    from assistant.services.benchmarks.serving import run_serving
    from assistant.services.rows.corpus import SHIPPED, read_corpus

    parts = assistant(settings)
    corpus = read_corpus(parts.settings.corpus or SHIPPED)
    with progress_bars() as progress:
        progress("loading the live version", 0, 2)
        snapshot = parts.serving_model().snapshot()
        progress("loading the live version", 1, 2)
        learner = parts.live_model().snapshot()
        encoder = torch_encoder(learner.learner.model.encoder)
        progress("loading the live version", 2, 2)
        result = run_serving(
            snapshot,
            corpus.intents,
            snapshot.learner.model.encoder,
            {
                "sentence-transformers' encode": lambda text: encoder.modules.encode([text], show_progress_bar=False),
                "whole reply with torch": lambda text: learner.predict([text]),
            },
            [row.text for row in corpus.holdout[:: max(1, len(corpus.holdout) // messages)]][:messages],
            progress,
        )
    out.print(result.as_markdown())
    write_json(json_file, result.as_json())
