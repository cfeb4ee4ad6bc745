"""Putting labelled texts beside the ones that are there: keep, replace or add, in few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from assistant.domain import LabelledText, Split
from assistant.errors import InputError
from assistant.store.records import Placed
from assistant.store.tables import ExampleRow, IntentRow
from assistant.store.texts import split_of, text_hash
from assistant.strategies import nearest

CHUNK = 500  # SQLite limits the variables of one statement


def place(session: Session, rows: Sequence[LabelledText], split: Split | None, shared: Mapping[str, object]) -> Placed:
    """Add the rows with the `shared` columns; the same label once more confirms a row that was imported.

    Raises InputError for an unknown intent, adding nothing.
    """
    known = list(session.scalars(select(IntentRow.name)))
    for intent in dict.fromkeys(row.intent for row in rows):
        if intent not in known:
            raise InputError(f"unknown intent {intent[:60]!r}{nearest(intent[:60], known)}; create it first")
    last = {text_hash(row.text): row for row in rows}
    added: list[int] = []
    superseded: list[int] = []
    kept: list[int] = []
    hashes = list(last)
    for start in range(0, len(hashes), CHUNK):
        part = hashes[start : start + CHUNK]
        sides, active = _there(session, part)
        same = {h for h, (_, intent) in active.items() if intent == last[h].intent}
        again = [active[h][0] for h in part if h in same]
        confirmed = update(ExampleRow).where(ExampleRow.id.in_(again), ExampleRow.source == "import")
        session.execute(confirmed.values(source="confirmation"))
        kept += again
        replaced = [number for h, (number, _) in active.items() if h not in same]
        session.execute(update(ExampleRow).where(ExampleRow.id.in_(replaced)).values(undone_at=shared["created_at"]))
        superseded += replaced
        values = [
            {
                "text": last[h].text,
                "text_hash": h,
                "intent": last[h].intent,
                "split": (split or sides.get(h) or split_of(last[h].text)).value,
                **shared,
            }
            for h in part
            if h not in same
        ]
        if values:
            added += session.scalars(insert(ExampleRow).returning(ExampleRow.id), values)
    return Placed(tuple(added), tuple(superseded), tuple(kept))


def _there(session: Session, hashes: Sequence[str]) -> tuple[dict[str, Split], dict[str, tuple[int, str]]]:
    """The side each text was first on, and the id and intent of its active example."""
    sides: dict[str, Split] = {}
    active: dict[str, tuple[int, str]] = {}
    rows = session.execute(
        select(ExampleRow.id, ExampleRow.text_hash, ExampleRow.intent, ExampleRow.split, ExampleRow.undone_at)
        .where(ExampleRow.text_hash.in_(hashes))
        .order_by(ExampleRow.id)
    )
    for number, digest, intent, side, undone_at in rows:
        # A model may have trained on a text whose label was replaced: it must not turn into holdout.
        sides.setdefault(digest, Split(side))
        if undone_at is None:
            active[digest] = (number, intent)
    return sides, active
