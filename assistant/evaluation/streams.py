"""The class-incremental benchmark: intents arrive session by session, and every session is one `update()`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from assistant.domain import LabelledText
from assistant.errors import InputError
from assistant.evaluation.stream_results import SeedResult, measured
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, update
from assistant.model.encoder import CachedEncoder

StreamProgress = Callable[[str, int, int], None]  # stage ("embedding" or "updates"), done, in all
LARGEST_SEED = 2**32 - 1  # of numpy's RandomState


def run_seeds(
    train: Sequence[LabelledText],
    test: Sequence[LabelledText],
    *,
    encoder: CachedEncoder,
    plan: UpdatePlan,
    base: int,
    step: int,
    seeds: Sequence[int],
    on_progress: StreamProgress | None = None,
) -> tuple[SeedResult, ...]:
    """One stream per seed: `base` intents first, then `step` new ones per session, fewer in the last if need be.

    The seed orders the intents and is the plan's seed too. All train rows of an intent arrive with it and never
    again; what the learner keeps of them is up to the plan. Everything is embedded before the first clock starts.
    Raises InputError as `check_stream` does.
    """
    sessions = check_stream(train, test, base=base, step=step, seeds=seeds)
    texts = list(dict.fromkeys(row.text for row in (*train, *test)))
    encoder.embed(texts, partial(on_progress, "embedding") if on_progress else None)
    results = []
    for number, seed in enumerate(seeds):

        def after(done: int, start: int = number * sessions) -> None:
            if on_progress:
                on_progress("updates", start + done, len(seeds) * sessions)

        seeded = replace(plan, seed=seed)
        results.append(_run(train, test, encoder=encoder, plan=seeded, base=base, step=step, after=after))
    return tuple(results)


def check_stream(
    train: Sequence[LabelledText], test: Sequence[LabelledText], *, base: int, step: int, seeds: Sequence[int]
) -> int:
    """The number of sessions, at least 2.

    Raises InputError for sizes or seeds that cannot be run, and for train and test rows of different intents.
    """
    if not seeds or len(set(seeds)) != len(seeds) or not all(0 <= seed <= LARGEST_SEED for seed in seeds):
        raise InputError(f"seeds = {list(seeds)}: give one or more different integers from 0 to {LARGEST_SEED}")
    return len(sessions_of(_intents(train, test), base, step, seeds[0]))


def sessions_of(intents: Sequence[str], base: int, step: int, seed: int) -> list[list[str]]:
    """The intents that each session brings. Raises InputError unless there is a base and at least one step."""
    count = len(intents)
    if not 1 <= base < count:
        raise InputError(
            f"base = {base}: the data has {count} intents; choose a base from 1 to {count - 1},"
            " so that at least one intent is left to arrive later"
            if count > 1
            else f"the data has {count} intent(s); a stream needs at least 2, give more data"
        )
    if not 1 <= step <= count - base:
        raise InputError(
            f"step = {step}: {count - base} of the {count} intents are left after a base of {base};"
            f" choose a step from 1 to {count - base}"
        )
    order = np.random.RandomState(seed).permutation(sorted(intents)).tolist()
    return [order[:base], *(order[start : start + step] for start in range(base, count, step))]


def _run(
    train: Sequence[LabelledText],
    test: Sequence[LabelledText],
    *,
    encoder: CachedEncoder,
    plan: UpdatePlan,
    base: int,
    step: int,
    after: Callable[[int], None],
) -> SeedResult:
    sessions = sessions_of(_intents(train, test), base, step, plan.seed)
    arrival = {intent: number for number, brought in enumerate(sessions) for intent in brought}
    column = {intent: number for number, intent in enumerate(arrival)}
    rows = np.bincount([column[row.intent] for row in test], minlength=len(column))
    right = np.zeros((len(sessions), len(column)), dtype=np.int64)
    seconds = []
    learner = Learner.untrained(encoder, plan)
    for number in range(len(sessions)):
        new = [row for row in train if arrival[row.intent] == number]
        start = time.perf_counter()
        learner = update(learner, new, plan)
        seconds.append(time.perf_counter() - start)
        seen = [row for row in test if arrival[row.intent] <= number]
        intents = [row.intent for row in seen]
        hit = learner.model.accuracy_rows(encoder.embed([row.text for row in seen]), intents)
        columns = np.array([column[intent] for intent in intents])
        right[number] = np.bincount(columns[hit], minlength=len(column))
        after(number + 1)
    return measured(plan.seed, right, rows, np.array(list(arrival.values())), seconds)


def _intents(train: Sequence[LabelledText], test: Sequence[LabelledText]) -> list[str]:
    """The intents, sorted. Raises InputError unless train and test have the same."""
    learned, judged = {row.intent for row in train}, {row.intent for row in test}
    for what, missing in (("test", learned - judged), ("train", judged - learned)):
        if missing:
            named = ", ".join(map(repr, sorted(missing)[:5])) + (", …" if len(missing) > 5 else "")
            raise InputError(
                f"{len(missing)} intent(s) have no {what} rows: {named};"
                " every intent of a stream needs both, add rows or leave the intent out"
            )
    return sorted(learned)
