"""The rows of any stream as the months of a shop: what is there from the start, and what each night brings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path

from assistant.counting import counted
from assistant.domain import OUT_OF_SCOPE, Intent, LabelledText, Split
from assistant.errors import InputError
from assistant.formats import Row
from assistant.services.rows.corpus import Corpus, require_usable
from assistant.services.rows.intents_of_labels import name_of
from assistant.services.rows.labelled_rows import accepted
from assistant.store import split_of, text_hash

NIGHTS = 3  # of a stream without a session column
BASE_SHARE = 0.5  # of its intents
JUDGING = ("holdout", "test")


def months_of(rows: Sequence[Row], path: Path) -> list[Corpus]:
    """What each session of a stream brings: its rows, and the intents that no session before it has.

    Intents get names that the store accepts and an answer that names them. A stream without a session column has its
    first half of the intents, by first appearance, in session 0 with what is labelled out of scope, and the rest over
    three nights. Messages of no intent are left out, and of a text that comes twice in a session the last row counts.
    Raises InputError when there is nothing to learn in the first session or after it.
    """
    rows = [row for row in rows if not (row.split or "").startswith("oos_")]
    names = _names([row.intent for row in rows])
    intents = {label: _intent(label, name, path) for label, name in names.items()}
    rows = [replace(row, text=accepted(row.text, f"{path}, {row.where}")) for row in rows]
    arriving: dict[int, list[Row]] = {}
    for row, session in sorted(zip(rows, _sessions(rows, names, path), strict=True), key=itemgetter(1)):
        arriving.setdefault(session, []).append(row)
    if len(arriving) < 2:
        raise InputError(
            f"{path}: {counted(len(names), 'intent')}, all in one session; a simulation needs two or more: give rows of"
            " more intents, or other numbers in the column `session`"
        )
    judging = {text_hash(row.text) for row in rows if row.split in JUDGING}
    months, known = list[Corpus](), set[str]()
    for session, brought in arriving.items():
        new = {names[row.intent]: intents[row.intent] for row in brought if row.intent not in known}
        known |= {row.intent for row in brought}
        sides: dict[bool, dict[str, LabelledText]] = {True: {}, False: {}}
        for row in brought:
            # Later rows without a split fall to a side when they are labelled, as in the shop.
            by_text = row.split is None and not months and split_of(row.text) is Split.HOLDOUT
            held = by_text or row.split in JUDGING
            sides[held][text_hash(row.text)] = LabelledText(row.text, names[row.intent])
        train = tuple(row for digest, row in sides[False].items() if digest not in judging | sides[True].keys())
        months.append(Corpus(new, dict.fromkeys(new, session), train, tuple(sides[True].values())))
    if all(row.intent == OUT_OF_SCOPE for row in months[0].train):
        first = min(arriving)
        raise InputError(f"{path}: no row of session {first} is left to train the first version on; give it more rows")
    return months


def _sessions(rows: Sequence[Row], names: Mapping[str, str], path: Path) -> list[int]:
    """The session of each row: the file's own or, where it has none, the one of the row's intent.

    `names` are those of the intents by their labels, by first appearance.
    """
    given = [row.session for row in rows if row.session is not None]
    if given and len(given) < len(rows):
        raise InputError(f"{path}: some rows have a session and some do not; give all of them one")
    if given:
        return given
    order = [label for label, name in names.items() if name != OUT_OF_SCOPE]
    half = max(1, round(len(order) * BASE_SHARE))
    later = max(1, -(-(len(order) - half) // NIGHTS))
    session = {intent: 0 if i < half else 1 + (i - half) // later for i, intent in enumerate(order)}
    return [session.get(row.intent, 0) for row in rows]


def _intent(label: str, name: str, path: Path) -> Intent:
    title = _title(label)
    intent = Intent(name, title, f"Here is what to know about: {title.lower()}.")
    require_usable(intent, f"{path}: label {label[:60]!r}")
    return intent


def _title(label: str) -> str:
    words = re.sub(r"[\W_]+", " ", label).strip() or label
    return (words[:1].upper() + words[1:])[:80]


def _names(labels: Sequence[str]) -> dict[str, str]:
    """A name for each label, by first appearance, unique and of the form that the store asks for."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for label in dict.fromkeys(labels):
        base = name_of(label)[:36].rstrip("_")  # shorter than the limit, for the number of one that is taken
        name, number = base, 2
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        names[label] = name
        taken.add(name)
    return names
