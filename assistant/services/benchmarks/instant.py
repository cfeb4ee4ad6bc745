"""What a correction at once changes: messages near to it, and no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from assistant.counting import counted
from assistant.domain import Example, Split
from assistant.errors import InputError
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, update
from assistant.live_model import LiveSnapshot
from assistant.model.encoder import TextEncoder
from assistant.services.benchmarks.features import cached_features
from assistant.services.benchmarks.sides import dataset_name, one_file
from assistant.services.conversation.instant import Instant
from assistant.store import PendingLabel
from assistant.store.texts import search_form


def run_instant(
    data: Path,
    *,
    encoder: TextEncoder,
    cache: Path,
    plan: UpdatePlan,
    taught: int,
    judged: str,
    on_progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> dict[str, Any]:
    """A version learns `taught` rows per intent; operators correct what it gets wrong in half of the rows of split
    `judged`; the other half are the messages that come then. Raises InputError for data without rows of a kind.
    """
    train, judging = one_file(data, judged)
    if len(judging) < 2:
        raise InputError(
            f"{data}: a single row is of split {judged!r}; half of them are corrected and half are asked, so give more"
        )
    features = cached_features(
        encoder, [r.text for r in (*train, *judging)], cache, str(data.resolve()),
        lambda d, t: on_progress("embedding", d, t),
    )  # fmt: skip
    order = np.random.default_rng(0).permutation(len(judging))
    half = len(judging) // 2
    labelled, asked = [judging[n] for n in order[:half]], [judging[n] for n in order[half:]]
    intents = np.array([row.intent for row in train])
    first = [train[n] for name in np.unique(intents) for n in np.flatnonzero(intents == name)[:taught]]
    on_progress("learning", 0, 1)
    learner = update(Learner.untrained(features, plan), first, plan)
    on_progress("learning", 1, 1)
    snapshot = LiveSnapshot("bench", learner)
    said = snapshot.predict([row.text for row in labelled])
    pending = [
        PendingLabel(
            Example(number, row.text, row.intent, Split.TRAIN, "correction", "bench", datetime(2025, 1, 1, tzinfo=UTC)),
            prediction.embedding,
            snapshot.encoder_hash,
        )
        for number, (row, prediction) in enumerate(zip(labelled, said, strict=True))
        if prediction.intent != row.intent
    ]
    if not pending:
        raise InputError(
            f"{data}: the version gets none of {counted(half, 'message')} wrong, so that there is nothing to correct;"
            f" let it learn fewer than --taught {taught} rows of each intent, or give harder messages"
        )
    instant, answered = Instant(), snapshot.predict([row.text for row in asked])
    corrected = np.stack([np.frombuffer(label.embedding or b"", dtype="<f4") for label in pending])
    nearness = features.embed([row.text for row in asked]) @ corrected.T
    equal = {search_form(label.example.text) for label in pending}  # to these a correction reaches without a radius too
    inside = nearness.max(axis=1) >= (np.inf if snapshot.radius is None else snapshot.radius)
    inside |= np.array([search_form(row.text) in equal for row in asked])
    matches = [instant.match(prediction, snapshot, pending) for prediction in answered]
    changed = np.array([m is not None and m.intent != p.intent for m, p in zip(matches, answered, strict=True)])
    right = np.array([m is not None and m.intent == row.intent for m, row in zip(matches, asked, strict=True)])
    was = np.array([p.intent == row.intent for p, row in zip(answered, asked, strict=True)])
    return {
        "dataset": dataset_name(data), "taught": taught, "judged": judged,
        "radius": snapshot.radius, "corrections": len(pending), "messages": len(asked),
        "inside": int(inside.sum()), "answered_by_a_correction": sum(m is not None for m in matches),
        "of_these_right": int(right.sum()), "wrong_turned_right": int((changed & right & ~was).sum()),
        "right_turned_wrong": int((changed & was).sum()), "changed_outside": int((changed & ~inside).sum()),
    }  # fmt: skip


def as_markdown(figures: Mapping[str, Any]) -> str:
    """The figures, one in a row."""
    rows = [f"| {name.replace('_', ' ')} | {value} |" for name, value in figures.items()]
    return "\n".join(["| | |", "|---|---:|", *rows])
