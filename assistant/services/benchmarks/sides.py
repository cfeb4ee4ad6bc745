"""What the rows of a benchmark's file are for: to learn, to choose, to judge, or to be told apart from all these."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from assistant.domain import OUT_OF_SCOPE
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
