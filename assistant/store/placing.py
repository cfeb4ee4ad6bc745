"""Putting labelled texts beside the ones that are there: keep, replace or add, in few statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from sqlalchemy import Table, insert, select, text, update
from sqlalchemy.orm import Session

from assistant.domain import Split
from assistant.errors import InputError
from assistant.store.chunks import chunks
from assistant.store.lineage import live_lineage
from assistant.store.prepared import Prepared
from assistant.store.records import Placed
from assistant.store.tables import ExampleRow, IntentRow
from assistant.store.version_tables import LearnedRow
from assistant.strategies import nearest

IMPORT, IMPORTED_AGAIN = "import", "import again"  # sources of rows of files: given once, and confirmed by another file
TABLE = cast(Table, ExampleRow.__table__)  # rows of the bare table are inserted sooner than those of a class


def place(session: Session, rows: Iterable[Prepared], shared: Mapping[str, object]) -> Placed:
    """Add the rows with the `shared` columns; the same label once more confirms a row that was imported, and given at
    the desk it takes the place of one that was learned and rolled back.

    Raises InputError for an unknown intent, adding nothing.
    """
    last = {row.digest: row for row in rows}
    known = set(session.scalars(select(IntentRow.name)))
    for intent in dict.fromkeys(row.intent for row in last.values()):
        if intent not in known:
            raise InputError(f"unknown intent {intent[:60]!r}{nearest(intent[:60], list(known))}; create it first")
    added: list[int] = []
    superseded: list[int] = []
    kept: list[int] = []
    for part in chunks(list(last)):
        sides, active = _there(session, part)
        same = {h for h, (_, intent) in active.items() if intent == last[h].intent}
        if shared["source"] != IMPORT:  # said anew of what a rollback took back, it is to hold from now on
            back = _taken_back(session, [active[h][0] for h in same])
            same = {h for h in same if active[h][0] not in back}
        if again := [active[h][0] for h in part if h in same]:
            # A file that comes again is no label of the desk, which holds at once and counts as somebody's own.
            filed = shared["source"] == IMPORT
            sources = (IMPORT,) if filed else (IMPORT, IMPORTED_AGAIN)
            confirmed = update(ExampleRow).where(ExampleRow.id.in_(again), ExampleRow.source.in_(sources))
            session.execute(confirmed.values(source=IMPORTED_AGAIN if filed else "confirmation"))
        kept += again
        if replaced := [number for h, (number, _) in active.items() if h not in same]:
            session.execute(
                update(ExampleRow).where(ExampleRow.id.in_(replaced)).values(undone_at=shared["created_at"])
            )
        superseded += replaced
        added += _insert(session, [last[h] for h in part if h not in same], sides, shared)
    return Placed(tuple(added), tuple(superseded), tuple(kept))


def _taken_back(session: Session, ids: Sequence[int]) -> set[int]:
    """Those of the examples that a version has learned, but neither the live one nor any that it was built on."""
    learned = select(LearnedRow.example_id).where(LearnedRow.example_id.in_(ids))
    known = learned.where(LearnedRow.version_id.in_(live_lineage()))
    return {*session.scalars(learned)} - {*session.scalars(known)} if ids else set()


def _insert(
    session: Session, rows: Sequence[Prepared], sides: Mapping[str, Split], shared: Mapping[str, object]
) -> range:
    """The ids of the new rows. They are given here, since rows that report theirs are inserted far more slowly."""
    if not rows:
        return range(0)
    # The write lock is held: nobody else takes an id. The sequence also remembers ids of rows that are gone.
    used = session.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": TABLE.name}) or 0
    numbers = range(used + 1, used + 1 + len(rows))
    values = [
        {
            "id": number,
            "text": row.text,
            "text_hash": row.digest,
            "intent": row.intent,
            "split": _side(row, sides.get(row.digest)).value,
            **shared,
        }
        for number, row in zip(numbers, rows, strict=True)
    ]
    session.execute(insert(TABLE), values)
    return numbers


def _side(row: Prepared, before: Split | None) -> Split:
    """The side asked for, else the one it has been on, else its own.

    A model may have trained on a text whose label was replaced: it never turns into holdout, whoever asks for that.
    """
    return before if before is Split.TRAIN else row.split or before or row.own


def _there(session: Session, hashes: Sequence[str]) -> tuple[dict[str, Split], dict[str, tuple[int, str]]]:
    """The side each text has been on, and the id and intent of its active example."""
    sides: dict[str, Split] = {}
    active: dict[str, tuple[int, str]] = {}
    rows = session.execute(
        select(ExampleRow.id, ExampleRow.text_hash, ExampleRow.intent, ExampleRow.split, ExampleRow.undone_at)
        .where(ExampleRow.text_hash.in_(hashes))
        .order_by(ExampleRow.id)
    )
    for number, digest, intent, side, undone_at in rows:
        if sides.get(digest) is not Split.TRAIN:
            sides[digest] = Split(side)
        if undone_at is None:
            active[digest] = (number, intent)
    return sides, active
