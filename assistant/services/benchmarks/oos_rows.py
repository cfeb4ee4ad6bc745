"""The rows of the out-of-scope benchmark: to learn from, to calibrate on, to judge on, and those out of scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.domain import LabelledText, Split
from assistant.errors import InputError
from assistant.formats import Row, read_rows
from assistant.store.texts import split_of

SPLITS = ("test", "holdout")


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
    if judged not in SPLITS:
        raise InputError(f"--judged {judged!r}: choose one of: {', '.join(SPLITS)}")
    rows = read_rows(data)
    train = _labelled(rows, "train", None)
    found = _labelled(read_rows(test), judged, None) if test else _labelled(rows, judged)
    if not train or not found:
        missing = "train" if not train else judged
        raise InputError(f"{test or data}: no row is of split {missing!r}; add some, or name a file with --test FILE")
    outside = [row.text for row in rows if row.split == f"oos_{judged}"]
    held = [] if judged == "holdout" and test else _labelled(rows, "holdout")
    shared = judged == "holdout" and not test
    if not held:
        held = [row for row in train if split_of(row.text) is Split.HOLDOUT]
        train = [row for row in train if split_of(row.text) is not Split.HOLDOUT]
    labelled = [row.text for row in rows if row.split == "oos_train"]
    return Parts(train, held, found, outside, labelled, shared)


def parted(parts: Parts, seed: int, hidden: float | None) -> Rows:
    """The rows of one seed, which draws the hidden intents (RandomState(seed), of the sorted ones) and the halves.

    `hidden` in (0, 1) is the share of the intents that is not learned; their judged rows are then what is out of scope.
    Raises InputError for a share that hides none, or leaves fewer than two.
    """
    names = sorted({row.intent for row in parts.train})
    left_out: set[str] = set()
    if hidden is not None:
        count = int(len(names) * hidden) if 0 < hidden < 1 else 0
        if not 1 <= count <= len(names) - 2:
            raise InputError(
                f"--hidden {hidden}: give a share between 0 and 1 that hides at least one of the {len(names)} intents"
                " and leaves at least two"
            )
        left_out = set(np.random.RandomState(seed).permutation(names)[:count].tolist())
    known = set(names) - left_out
    calibrating, judged = parts.calibrating, parts.judged
    if parts.shared:
        first = np.random.RandomState(seed).rand(len(judged)) < 0.5
        calibrating = [row for row, half in zip(judged, first, strict=True) if half]
        judged = [row for row, half in zip(judged, first, strict=True) if not half]
    outside = [row.text for row in judged if row.intent in left_out] if left_out else parts.outside
    return Rows(_of(parts.train, known), _of(calibrating, known), _of(judged, known), outside, parts.labelled)


def _of(rows: Sequence[LabelledText], intents: set[str]) -> list[LabelledText]:
    return [row for row in rows if row.intent in intents]


def _labelled(rows: Sequence[Row], *splits: str | None) -> list[LabelledText]:
    return [LabelledText(row.text, row.intent) for row in rows if row.split in splits]
