"""Labelled rows, each with its place, checked before any of them is stored or trained on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.counting import listed
from assistant.dialogue.text import clean
from assistant.domain import OUT_OF_SCOPE, LabelledText, Split
from assistant.errors import InputError
from assistant.formats import Row
from assistant.store import text_hash

NAMED = 5  # rows that a message names one by one
# What a file calls a row that only judges; `test` rows are no different from `holdout` rows once they are stored.
SIDES = {None: None, "train": Split.TRAIN, "holdout": Split.HOLDOUT, "test": Split.HOLDOUT}


@dataclass(frozen=True, slots=True)
class GivenRow:
    """`where` tells a person which row it is, as in `line 7`. Without a `split` the text decides on its side."""

    text: str
    intent: str
    where: str
    split: Split | None = None

    def labelled(self) -> LabelledText:
        return LabelledText(self.text, self.intent)


def of_file(file: Path, rows: Iterable[Row]) -> list[GivenRow]:
    """The rows of a file, on the sides that it gives them. Raises InputError for a row that has no intent."""
    given = []
    for row in rows:
        if row.split not in SIDES:
            raise InputError(
                f"{file}, {row.where}: the row is of split {row.split!r}, so it has none of the intents; leave it out,"
                f" or give it in a file without splits with the intent {OUT_OF_SCOPE}"
            )
        given.append(GivenRow(row.text, row.intent, row.where, SIDES[row.split]))
    return given


def checked(rows: Iterable[GivenRow], file: Path | None = None) -> list[GivenRow]:
    """The rows as a chat would take them, in their order. Equal are texts as `text_hash` sees them.

    Raises InputError naming the file and the rows that cannot be accepted, or those that give the text of an earlier
    one another label or put it on another side, and those earlier ones.
    """
    at = f"{file}, " if file else ""
    cleaned: list[GivenRow] = []
    first: dict[str, GivenRow] = {}
    labels: set[str] = set()
    unusable, told = list[str](), list[str]()
    for row in rows:
        try:
            text = accepted(row.text, row.where)
            if row.intent not in labels:
                _require_visible(row.intent, row.where)
                labels.add(row.intent)
        except InputError as error:
            unusable.append(str(error).removesuffix("."))  # a list of them goes on
            continue
        earlier = first.setdefault(text_hash(text), row)
        if earlier.intent != row.intent:
            label, before = row.intent[:60], earlier.intent[:60]
            told.append(f"{row.where} labels a text {label!r} that {earlier.where} labels {before!r}")
        elif earlier.split != row.split:
            sides = [each.split or "no side" for each in (row, earlier)]
            told.append(f"{row.where} puts a text on {sides[0]} that {earlier.where} puts on {sides[1]}")
        cleaned.append(replace(row, text=text))
    if unusable:
        raise InputError(f"{at}{listed(unusable, NAMED, '; ')}")
    if told:
        raise InputError(f"{at}{listed(told, NAMED, '; ')}; keep one{' of each' if len(told) > 1 else ''}")
    return cleaned


def _require_visible(label: str, where: str) -> None:
    """Raises InputError for a label of nothing but signs that nobody sees: no intent can be called so."""
    try:
        clean(label, len(label))
    except InputError:
        raise InputError(f"{where}: the label {label[:60]!r} shows nothing; give every row a label to read") from None


def accepted(text: str, where: str) -> str:
    """The text as a chat would take it. Raises InputError saying `where` it is when a chat would not."""
    try:
        return clean(text)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
