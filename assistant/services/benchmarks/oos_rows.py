"""The rows of the out-of-scope benchmark: to learn from, to calibrate on, to judge on, and those out of scope."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.domain import OUT_OF_SCOPE, LabelledText, Split
from assistant.errors import InputError
from assistant.model.doubt_fit import FEWEST
from assistant.services.benchmarks.sides import (
    hidden_count,
    learned_ones,
    of_intents,
    of_splits,
    read_sides,
    require_judged,
    warn_of_known,
)
from assistant.store.texts import split_of


@dataclass(frozen=True)
class Rows:
    """`outside` are texts without an intent of `train`, and `labelled` such texts that calibrate.

    No text is in two parts by the making of the files.
    """

    train: list[LabelledText]
    calibrating: list[LabelledText]
    judged: list[LabelledText]
    outside: list[str]
    labelled: list[str]


@dataclass(frozen=True)
class Parts(Rows):
    """As the files give them. `shared`: the calibrating rows are the judged ones, and are still to be halved."""

    shared: bool

    def texts(self) -> list[str]:
        return [*(row.text for row in (*self.train, *self.calibrating, *self.judged)), *self.outside, *self.labelled]


def read_parts(data: Path, test: Path | None, judged: str) -> Parts:
    """The parts for judging on the split `judged`.

    Calibrating rows are those of split `holdout`, half of them where the other half is judged, and without any a fifth
    of the train rows by their hash, as the desk does it. Raises InputError.
    """
    require_judged(judged)
    rows = read_sides(data)
    judging = read_sides(test, judged) if test else []
    train = of_splits(rows, "train", None)
    found = of_splits(judging, judged, None) if test else of_splits(rows, judged)
    if not train:
        raise InputError(f"{data}: no row with an intent is of split 'train' or of none; add some")
    if not found:
        raise InputError(f"{test or data}: no row is of split {judged!r}; add some, or name a file with --test FILE")
    outside = [row.text for row in (*rows, *judging) if row.split == f"oos_{judged}"]
    held = [] if judged == "holdout" and test else of_splits(rows, "holdout")
    shared = judged == "holdout" and not test
    warn_of_known(train, found)
    found, held = learned_ones(train, found), learned_ones(train, held)
    if not held:
        taught = {row.intent for row in train if split_of(row.text) is not Split.HOLDOUT}  # each keeps a row to learn
        held = [row for row in train if split_of(row.text) is Split.HOLDOUT and row.intent in taught]
        train = [row for row in train if split_of(row.text) is not Split.HOLDOUT or row.intent not in taught]
    labelled = [row.text for row in rows if row.split == "oos_train"]
    return Parts(train, held, found, outside, labelled, shared)


def parted(parts: Parts, seed: int, hidden: float | None) -> Rows:
    """The rows of one seed, which draws the hidden intents (RandomState(seed), of the sorted ones) and the halves.

    `hidden` in (0, 1) is the share of the intents that is not learned; their judged rows are then what is out of scope.
    Raises InputError for a share that hides none, or leaves fewer than two, and where a part would be too small.
    """
    names = sorted({row.intent for row in parts.train})
    left_out: set[str] = set()
    if hidden is not None:
        count = hidden_count(len(names), hidden, f", or rows to judge on that are labelled {OUT_OF_SCOPE!r}")
        left_out = set(np.random.RandomState(seed).permutation(names)[:count].tolist())
    known = set(names) - left_out
    calibrating, judged = parts.calibrating, parts.judged
    if parts.shared:
        first = np.random.RandomState(seed).rand(len(judged)) < 0.5
        halves = dict[str, bool]()
        for row, half in zip(judged, first.tolist(), strict=True):
            halves.setdefault(row.text, half)  # a text that is there twice is on one side
        calibrating = [row for row in judged if halves[row.text]]
        judged = [row for row in judged if not halves[row.text]]
    outside = [row.text for row in judged if row.intent in left_out] if left_out else parts.outside
    calibrating, judged = of_intents(calibrating, known), of_intents(judged, known)
    if not judged or not outside:
        raise InputError(
            f"seed {seed}: of the rows to measure on {len(judged)} are of the {len(known)} intents that are learned and"
            f" {len(outside)} are out of scope{f' (of the {len(left_out)} hidden intents)' if left_out else ''};"
            " both are needed: give such rows of every intent of the train rows"
        )
    if len(calibrating) < FEWEST:
        raise InputError(
            f"seed {seed}: {len(calibrating)} rows are left to calibrate on, of at least {FEWEST} needed to tell what"
            " is out of scope; give more of split 'holdout' or, without any, more of 'train': a fifth calibrates"
        )
    return Rows(of_intents(parts.train, known), calibrating, judged, outside, parts.labelled)
