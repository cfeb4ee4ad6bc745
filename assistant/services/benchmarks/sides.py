"""What the rows of a benchmark's file are for: to learn, to choose, to judge, or to be told apart from all these."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from assistant.domain import OUT_OF_SCOPE, LabelledText
from assistant.errors import InputError
from assistant.formats import Row, read_rows

JUDGED = ("test", "holdout")


def require_judged(judged: str) -> None:
    """Raises InputError for anything that is no split to measure on, such as the one that is learned."""
    if judged not in JUDGED:
        named = " or ".join(JUDGED)
        raise InputError(f"--judged {judged!r}: choose {named} (`val` of CLINC-style JSON is holdout)")


def read_sides(path: Path, unmarked: str = "train") -> list[Row]:
    """The rows of a file. Those labelled `out_of_scope`, which no version learns as an intent, are of an `oos_` split.

    `unmarked` is the side of such a row that has none.
    """
    return [
        replace(row, split=f"oos_{row.split or unmarked}") if row.intent == OUT_OF_SCOPE else row
        for row in read_rows(path)
    ]


def one_file(path: Path, judged: str) -> tuple[list[LabelledText], list[LabelledText]]:
    """The rows of a file to learn and those of split `judged`, at least one of each. Raises InputError."""
    require_judged(judged)
    rows = read_sides(path)
    train = [LabelledText(row.text, row.intent) for row in rows if row.split in ("train", None)]
    judging = [LabelledText(row.text, row.intent) for row in rows if row.split == judged]
    if not train or not judging:
        raise InputError(
            f"{path}: it has {len(train)} train rows and {len(judging)} of split {judged!r}; this file needs both:"
            f" put them together, with a column `split` that says train or {judged}"
        )
    return train, judging
