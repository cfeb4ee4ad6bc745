"""What the rows of a benchmark's file are for: to learn, to choose, to judge, or to be told apart from all these."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from unicodedata import normalize

from assistant.counting import counted, listed
from assistant.domain import OUT_OF_SCOPE, LabelledText
from assistant.errors import InputError
from assistant.formats import Row, read_rows
from assistant.services.rows.intents_of_labels import name_of, written_alike
from assistant.store.texts import search_form

log = logging.getLogger(__name__)

JUDGED = ("test", "holdout")


def require_judged(judged: str) -> None:
    """Raises InputError for anything that is no split to measure on, such as the one that is learned."""
    if judged not in JUDGED:
        named = " or ".join(JUDGED)
        raise InputError(f"--judged {judged!r}: choose {named} (`val` of CLINC-style JSON is holdout)")


def learned_ones(train: Sequence[LabelledText], judging: Sequence[LabelledText]) -> list[LabelledText]:
    """Those of the rows to measure on whose intent has train rows. Tells of the others, which are left out, since no
    version can know them. Raises InputError when no row is left."""
    known = {row.intent for row in train}
    if missing := sorted({row.intent for row in judging} - known):
        count = sum(row.intent not in known for row in judging)
        told = (
            f"{count} of {len(judging)} rows to measure on are of intents without train rows:"
            f" {listed([repr(name) for name in missing], 5)}"
        )
        if count == len(judging):
            raise InputError(f"{told}; add train rows of the same intents")
        log.warning("%s; they are left out (label what has none of the intents %r)", told, OUT_OF_SCOPE)
    return of_intents(judging, known)


def hidden_count(intents: int, share: float, instead: str = "") -> int:
    """How many of so many intents are hidden. Raises InputError for a share that hides none or leaves fewer than two;
    of too few intents every share does, and `instead` says what else to give."""
    if intents < 3:
        raise InputError(
            f"{counted(intents, 'intent')} with train rows: one is hidden and two are learned, which takes three;"
            f" give train rows of more intents{instead}"
        )
    count = int(intents * share) if 0 < share < 1 else 0
    if not 1 <= count <= intents - 2:
        raise InputError(
            f"--hidden {share}: give a share between 0 and 1 that hides at least one of the {intents} intents and"
            " leaves at least two"
        )
    return count


def warn_of_known(train: Sequence[LabelledText], judging: Sequence[LabelledText]) -> None:
    """Tells of texts that are learned and measured on: they are known by heart, so that figures come out too good."""
    learned = {search_form(row.text) for row in train}
    if known := [row.text for row in judging if search_form(row.text) in learned]:
        log.warning(
            "%d of %d rows to measure on have the text of a train row, such as %r: take them out for honest figures",
            len(known), len(judging), known[0][:60],
        )  # fmt: skip


def read_sides(path: Path, unmarked: str = "train") -> list[Row]:
    """The rows of a file. Those labelled `out_of_scope`, however that is spelt, are of an `oos_` split: no version
    learns it as an intent.

    `unmarked` is the side of such a row that has none. Tells of labels that a shop would take for one intent.
    """
    rows = read_rows(path)
    outside = {label for label in {row.intent for row in rows} if name_of(label) == OUT_OF_SCOPE}
    for labels in written_alike(row.intent for row in rows if row.intent not in outside):
        named = listed([label[:60] for label in _unlike(labels)], 5)
        log.warning("%s: the labels %s count as intents of their own; write one where they mean the same", path, named)
    return [
        replace(row, intent=OUT_OF_SCOPE, split=f"oos_{row.split or unmarked}") if row.intent in outside else row
        for row in rows
    ]


def _unlike(labels: Sequence[str]) -> list[str]:
    """The labels in quotes; where some look the same, by what they are made of."""
    same = len({normalize("NFC", label) for label in labels}) < len(labels)
    return [ascii(label) if same else repr(label) for label in labels]


def dataset_name(path: Path) -> str:
    """The name of a file's data in reports: with that of its folder."""
    return "/".join(path.resolve().parts[-2:])


def of_splits(rows: Iterable[Row], *splits: str | None) -> list[LabelledText]:
    """The rows of these splits; None stands for none."""
    return [LabelledText(row.text, row.intent) for row in rows if row.split in splits]


def of_intents(rows: Iterable[LabelledText], intents: Collection[str]) -> list[LabelledText]:
    """The rows of these intents."""
    return [row for row in rows if row.intent in intents]


def one_file(path: Path, judged: str) -> tuple[list[LabelledText], list[LabelledText]]:
    """The rows of a file to learn and those of split `judged`, at least one of each. Raises InputError."""
    require_judged(judged)
    rows = read_sides(path)
    train, judging = of_splits(rows, "train", None), of_splits(rows, judged)
    if not train or not judging:
        raise InputError(
            f"{path}: it has {len(train)} train rows and {len(judging)} of split {judged!r}; this file needs both:"
            f" put them together, with a column `split` that says train or {judged}"
        )
    warn_of_known(train, judging)
    return train, judging
