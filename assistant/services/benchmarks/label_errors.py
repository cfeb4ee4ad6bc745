"""How many wrong labels are found, and how many right ones are doubted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from assistant.counting import counted
from assistant.errors import InputError
from assistant.evaluation.nights import LARGEST_SEED
from assistant.model.encoder import TextEncoder
from assistant.monitoring.label_errors import suspect_labels
from assistant.services.benchmarks.features import cached_features
from assistant.services.benchmarks.sides import dataset_name, read_sides


def run_label_errors(
    data: Path,
    *,
    encoder: TextEncoder,
    cache: Path,
    share: float,
    seed: int,
    on_progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> dict[str, Any]:
    """Precision and recall of the suspects when `share` of the train labels is another intent's, drawn at random.

    Raises InputError for data without two intents to train on, a share that flips none, and for a seed below 0 or
    above LARGEST_SEED.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise InputError(f"--seed {seed}: give an integer from 0 to {LARGEST_SEED}")
    rows = [row for row in read_sides(data) if row.split in ("train", None)]
    names = sorted({row.intent for row in rows})
    if len(names) < 2:
        raise InputError(
            f"{data}: {counted(len(names), 'intent')} in its train rows; labels are flipped among two or more, so give"
            " train rows of more intents"
        )
    count = round(share * len(rows))
    if not count:
        raise InputError(
            f"--share {share}: of {len(rows)} train rows that flips none; give a larger share, or more rows"
        )
    features = cached_features(
        encoder, [r.text for r in rows], cache, str(data.resolve()), lambda d, t: on_progress("embedding", d, t)
    )
    generator = np.random.RandomState(seed)
    given = [row.intent for row in rows]
    flipped = generator.permutation(len(rows))[:count]
    for row in flipped:
        others = [name for name in names if name != given[row]]
        given[row] = others[generator.randint(len(others))]
    on_progress("looking", 0, 1)
    found = suspect_labels(given, features.embed([row.text for row in rows]))
    on_progress("looking", 1, 1)
    wrong = set(flipped.tolist())
    hits = np.array([suspect.row in wrong for suspect in found], dtype=bool)
    restored = sum(suspect.suggested == rows[suspect.row].intent for suspect in found if suspect.row in wrong)
    recalls = np.cumsum(hits) / max(len(wrong), 1)
    at = int(np.searchsorted(recalls, 0.7))
    return {
        "dataset": dataset_name(data), "rows": len(rows), "flipped": len(wrong), "seed": seed,
        "suspects": len(found),
        "precision": float(hits.mean()) if len(hits) else None,
        "recall": float(hits.sum() / max(len(wrong), 1)),
        "precision_at_recall_70": float(hits[: at + 1].mean()) if at < len(hits) else None,
        "rightly_suggested": restored / int(hits.sum()) if hits.any() else None,
    }  # fmt: skip


def as_markdown(figures: Mapping[str, Any]) -> str:
    """The figures in two lines."""
    precision = "none" if figures["precision"] is None else f"{figures['precision']:.1%}"
    at, suggested = figures["precision_at_recall_70"], figures["rightly_suggested"]
    right = "none was found" if suggested is None else f"right suggestion for {suggested:.1%} of the found"
    return (
        f"{figures['dataset']}: {figures['flipped']} of {figures['rows']} labels flipped,"
        f" {figures['suspects']} suspects\n"
        f"precision {precision}, recall {figures['recall']:.1%},"
        f" precision at 70 % recall {'not reached' if at is None else f'{at:.1%}'}, {right}"
    )
