"""Which rows each session of a stream brings: intents in a random order, whole, in part or mislabelled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.counting import listed
from assistant.domain import LabelledText
from assistant.errors import InputError

LARGEST_SEED = 2**32 - 1  # of numpy's RandomState


def require_seeds(seeds: Sequence[int]) -> None:
    """Raises InputError unless there are some, all different, that numpy's RandomState takes."""
    if not seeds or len(set(seeds)) != len(seeds) or not all(0 <= seed <= LARGEST_SEED for seed in seeds):
        raise InputError(f"--seeds {list(seeds)}: give one or more different integers from 0 to {LARGEST_SEED}")


@dataclass(frozen=True, slots=True)
class StreamShape:
    """`base` intents in session 0, then `step` new ones in each later session, fewer in the last if need be.

    `shots` >= 1 leaves each intent of a later session its first `shots` rows, in the order of the file; None leaves
    it all. `noise` in [0, 1] is the share of each later session's labels that are wrong (see `nights_of`). The base
    session is always whole and clean.
    """

    base: int
    step: int
    shots: int | None = None
    noise: float = 0.0


def nights_of(train: Sequence[LabelledText], shape: StreamShape, seed: int) -> list[list[LabelledText]]:
    """The rows of each session, in the order of `train`. Raises InputError as `sessions_of` does.

    Noise: one RandomState(`seed`) serves the sessions 1, 2, … in turn. In a session of n rows (after `shots`), the
    first round(`noise` · n) of a permutation of its rows get another label each, drawn evenly from the intents
    seen so far, those of this session included and the row's own left out.
    """
    sessions = sessions_of(sorted({row.intent for row in train}), shape.base, shape.step, seed)
    generator = np.random.RandomState(seed)
    nights: list[list[LabelledText]] = []
    seen: list[str] = []
    for number, intents in enumerate(sessions):
        seen = sorted([*seen, *intents])
        rows = [row for row in train if row.intent in intents]
        if number:
            rows = _first(rows, shape.shots) if shape.shots else rows
            rows = _mislabelled(rows, seen, shape.noise, generator)
        nights.append(rows)
    return nights


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


def check_stream(
    train: Sequence[LabelledText], test: Sequence[LabelledText], shape: StreamShape, seeds: Sequence[int]
) -> int:
    """The number of sessions, at least 2.

    Raises InputError for a shape or seeds that cannot be run, and for train and test rows of different intents.
    """
    require_seeds(seeds)
    if shape.shots is not None and shape.shots < 1:
        raise InputError(f"shots = {shape.shots}: give the rows that a new intent brings, 1 or more, or leave it out")
    if not (math.isfinite(shape.noise) and 0 <= shape.noise <= 1):
        raise InputError(f"noise = {shape.noise}: give the share of wrong labels, from 0 to 1")
    learned, judged = {row.intent for row in train}, {row.intent for row in test}
    for what, missing in (("test", learned - judged), ("train", judged - learned)):
        if missing:
            named = listed([repr(name) for name in sorted(missing)], 5)
            raise InputError(
                f"there are intents with no {what} rows: {named};"
                " every intent of a stream needs both, add rows or leave the intent out"
            )
    return len(sessions_of(sorted(learned), shape.base, shape.step, seeds[0]))


def _first(rows: Sequence[LabelledText], shots: int) -> list[LabelledText]:
    """The first `shots` rows of each intent."""
    kept: list[LabelledText] = []
    taken: dict[str, int] = {}
    for row in rows:
        taken[row.intent] = taken.get(row.intent, 0) + 1
        if taken[row.intent] <= shots:
            kept.append(row)
    return kept


def _mislabelled(
    rows: Sequence[LabelledText], seen: Sequence[str], share: float, generator: np.random.RandomState
) -> list[LabelledText]:
    """The rows, `share` of them under another of the intents `seen` (at least two, sorted)."""
    given = list(rows)
    for row in generator.permutation(len(given))[: round(share * len(given))].tolist():
        others = [intent for intent in seen if intent != given[row].intent]
        given[row] = LabelledText(given[row].text, others[generator.randint(len(others))])
    return given
