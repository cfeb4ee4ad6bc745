"""The rows of any stream as the months of a shop: what is there from the start, and what each night brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path

from assistant.counting import counted
from assistant.domain import OUT_OF_SCOPE, Action, Intent, LabelledText, Split
from assistant.errors import InputError
from assistant.formats import Row
from assistant.services.rows.corpus import Corpus, require_usable
from assistant.services.rows.intents_of_labels import intents_of
from assistant.services.rows.labelled_rows import accepted
from assistant.store import split_of, text_hash

NIGHTS = 3  # of a stream without a session column
BASE_SHARE = 0.5  # of its intents
JUDGING = ("holdout", "test")


def months_of(rows: Sequence[Row], path: Path) -> list[Corpus]:
    """What each session of a stream brings: its rows, and the intents that no session before it has.

    Labels become intents as `assistant corpus` makes them, each with an answer that names it. A stream without a
    session column has its first half of the intents, by first appearance, in session 0 with what is labelled out of
    scope, and the rest over three nights. Messages of no intent are left out, and of a text that comes twice in a
    session the last row counts.
    Raises InputError when there is nothing to learn in the first session or after it.
    """
    rows = [row for row in rows if not (row.split or "").startswith("oos_")]
    made = intents_of(row.intent for row in rows)
    intents = {one.name: _answering(one, label, path) for label, one in made.items()}
    rows = [replace(r, intent=made[r.intent].name, text=accepted(r.text, f"{path}, {r.where}")) for r in rows]
    arriving: dict[int, list[Row]] = {}
    for row, session in sorted(zip(rows, _sessions(rows, path), strict=True), key=itemgetter(1)):
        arriving.setdefault(session, []).append(row)
    if len(arriving) < 2:
        raise InputError(
            f"{path}: {counted(len(intents), 'intent')}, all in one session; a simulation needs two or more: give rows"
            " of more intents, or other numbers in the column `session`"
        )
    judging = {text_hash(row.text) for row in rows if row.split in JUDGING}
    months, known = list[Corpus](), set[str]()
    for session, brought in arriving.items():
        new = {row.intent: intents[row.intent] for row in brought if row.intent not in known}
        known |= {row.intent for row in brought}
        sides: dict[bool, dict[str, LabelledText]] = {True: {}, False: {}}
        for row in brought:
            # Later rows fall to a side when they are labelled, as in the shop, also those of split train.
            by_text = row.split is None and not months and split_of(row.text) is Split.HOLDOUT
            held = by_text or row.split in JUDGING
            sides[held][text_hash(row.text)] = LabelledText(row.text, row.intent)
        train = tuple(row for digest, row in sides[False].items() if digest not in judging | sides[True].keys())
        months.append(Corpus(new, dict.fromkeys(new, session), train, tuple(sides[True].values())))
    if all(row.intent == OUT_OF_SCOPE for row in months[0].train):
        first = min(arriving)
        raise InputError(f"{path}: no row of session {first} is left to train the first version on; give it more rows")
    return months


def _sessions(rows: Sequence[Row], path: Path) -> list[int]:
    """The session of each row: the file's own or, where it has none, the one of the row's intent."""
    given = [row.session for row in rows if row.session is not None]
    if given and len(given) < len(rows):
        raise InputError(f"{path}: some rows have a session and some do not; give all of them one")
    if given:
        return given
    order = [name for name in dict.fromkeys(row.intent for row in rows) if name != OUT_OF_SCOPE]
    half = max(1, round(len(order) * BASE_SHARE))
    later = max(1, -(-(len(order) - half) // NIGHTS))
    session = {intent: 0 if i < half else 1 + (i - half) // later for i, intent in enumerate(order)}
    return [session.get(row.intent, 0) for row in rows]


def _answering(intent: Intent, label: str, path: Path) -> Intent:
    """One that answers, so that the nights have something to publish."""
    answering = replace(intent, answer=f"Here is what to know about: {intent.title.lower()}.", action=Action.ANSWER)
    require_usable(answering, f"{path}: label {label[:60]!r}")
    return answering
