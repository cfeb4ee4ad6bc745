"""The class-incremental benchmark: intents arrive session by session, and every session is learned once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from assistant.domain import LabelledText
from assistant.evaluation.contenders import Entry, Versioned
from assistant.evaluation.nights import StreamShape, check_stream, nights_of, sessions_of
from assistant.evaluation.stream_results import SeedResult, measured
from assistant.learning.checkpoint import version_bytes
from assistant.model.encoder import CachedEncoder

StreamProgress = Callable[[str, int, int], None]  # stage ("embedding", or an entry's title), done, in all


def run_seeds(
    train: Sequence[LabelledText],
    test: Sequence[LabelledText],
    *,
    encoder: CachedEncoder,
    entry: Entry,
    shape: StreamShape,
    seeds: Sequence[int],
    on_progress: StreamProgress | None = None,
) -> tuple[SeedResult, ...]:
    """One stream per seed, each with a new contender.

    The seed orders the intents and is the contender's seed too. The rows of an intent arrive with it and never
    again; what is kept of them is up to the contender. Everything is embedded before the first clock starts.
    Raises InputError as `check_stream` does.
    """
    sessions = check_stream(train, test, shape, seeds)
    texts = list(dict.fromkeys(row.text for row in (*train, *test)))
    encoder.embed(texts, partial(on_progress, "embedding") if on_progress else None)
    results = []

    def told(done: int) -> None:
        if on_progress:
            on_progress(entry.title, done, len(seeds) * sessions)

    told(0)  # the first session takes longest, and counts
    for number, seed in enumerate(seeds):

        def after(done: int, start: int = number * sessions) -> None:
            told(start + done)

        results.append(_run(train, test, encoder=encoder, entry=entry, shape=shape, seed=seed, after=after))
    return tuple(results)


def _run(
    train: Sequence[LabelledText],
    test: Sequence[LabelledText],
    *,
    encoder: CachedEncoder,
    entry: Entry,
    shape: StreamShape,
    seed: int,
    after: Callable[[int], None],
) -> SeedResult:
    sessions = sessions_of(sorted({row.intent for row in train}), shape.base, shape.step, seed)
    arrival = {intent: number for number, brought in enumerate(sessions) for intent in brought}
    column = {intent: number for number, intent in enumerate(arrival)}
    rows = np.bincount([column[row.intent] for row in test], minlength=len(column))
    right = np.zeros((len(sessions), len(column)), dtype=np.int64)
    seconds = []
    contender = entry.start(encoder, seed)
    for number, new in enumerate(nights_of(train, shape, seed)):
        start = time.perf_counter()
        contender.learn(new)
        seconds.append(time.perf_counter() - start)
        seen = [row for row in test if arrival[row.intent] <= number]
        predicted = contender.predict(contender.encoder.embed([row.text for row in seen]))
        hit = [column[row.intent] for row, said in zip(seen, predicted, strict=True) if said == row.intent]
        right[number] = np.bincount(np.array(hit, dtype=np.int64), minlength=len(column))
        after(number + 1)
    size = version_bytes(contender.learner) if isinstance(contender, Versioned) else None
    return measured(seed, right, rows, np.array(list(arrival.values())), seconds, size)
