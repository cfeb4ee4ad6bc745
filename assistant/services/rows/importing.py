"""Labelled texts in bulk: all of a file is checked before any of it is stored."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from assistant.counting import listed
from assistant.domain import OUT_OF_SCOPE, LabelledText, Split
from assistant.errors import InputError
from assistant.formats import read_rows
from assistant.services.rows.intents_of_labels import intents_of, taken_for
from assistant.services.rows.labelled_rows import NAMED, GivenRow, checked, of_file
from assistant.services.views import ImportCounts
from assistant.store import prepare
from assistant.store.placing import IMPORT
from assistant.store.unit_of_work import Store
from assistant.strategies import nearest

CHUNK = 2000  # rows between two reports of progress
Progress = Callable[[str, int, int], None]  # what is being done, done, in all


def rows_of(
    file: Path, split: Split | None = None, progress: Progress = lambda what, done, total: None
) -> list[GivenRow]:
    """The rows of a file, on the sides that the file gives them (`test` rows go to the holdout), or all on `split`.

    Raises InputError naming the file and the row.
    """
    rows = of_file(file, read_rows(file))
    sided = rows if split is None else [replace(row, split=split) for row in rows]
    return checked(_telling(sided, progress), file)


def import_labelled(
    store: Store, rows: Iterable[LabelledText], operator: str, *, split: Split | None = None
) -> ImportCounts:
    """Add labelled texts, all or none. Raises InputError naming the first row (from 1) that is wrong:
    an unacceptable text, an unknown intent, or another label for a text of an earlier row."""
    given = [GivenRow(row.text, row.intent, f"row {number}", split) for number, row in enumerate(rows, start=1)]
    return import_rows(store, checked(given), operator)


def import_rows(
    store: Store,
    rows: Sequence[GivenRow],
    operator: str,
    file: Path | None = None,
    progress: Progress = lambda what, done, total: None,
    *,
    create: bool = False,
) -> ImportCounts:
    """Add the checked rows of `file`, all or none. A label means an intent as `taken_for` says; for what means none
    one is created with `create`; OUT_OF_SCOPE in any case, as at the desk. Raises InputError naming rows of unknown
    intents."""
    # Before the unit of work: chats wait for whoever holds the write lock.
    with store.unit(read_only=True) as uow:
        there = uow.intents.titles()
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(row.intent, row.where)
    names = taken_for(first, there)
    unknown = [label for label in first if label not in names]
    made = intents_of(unknown, there)
    names |= {label: intent.name for label, intent in made.items()}
    new = {label: intent.name for label, intent in made.items() if intent.name != OUT_OF_SCOPE}  # no intent of a shop
    if new and not create:
        raise InputError(_unknown({label: first[label] for label in new}, there, f"{file}, " if file else ""))
    created = tuple(dict.fromkeys(new.values()))
    prepared = (prepare(LabelledText(row.text, names[row.intent]), row.split) for row in rows)
    # Each text once: a row that comes again in a later chunk would pass for a label that somebody confirmed.
    distinct = list({row.digest: row for row in prepared}.values())
    added, superseded, kept = list[int](), list[int](), 0
    with _log_settled(store), store.unit() as uow:
        for intent in {one.name: one for one in made.values()}.values():
            uow.intents.add(intent, operator)
            uow.audit.add(operator, "create_intent", f"intent/{intent.name}", after={"intent": intent.name})
        for start in range(0, len(distinct), CHUNK):
            placed = uow.examples.add_prepared(distinct[start : start + CHUNK], source=IMPORT, operator=operator)
            added += placed.added
            superseded += placed.superseded
            kept += len(placed.kept)
            progress("storing", len(added) + kept, len(distinct))
        uow.audit.add(
            operator,
            "import",
            "examples",
            before={"superseded": superseded},
            after={"added": added, "rows": len(rows)},
        )
    otherwise = {label: name for label, name in names.items() if label != name}
    return ImportCounts(len(added) - len(superseded), len(superseded), kept, otherwise, created)


@contextmanager
def _log_settled(store: Store) -> Iterator[None]:
    """The log beside the database grows by all that is imported, up to a full disk, and nobody empties it while the
    server runs; nor could anybody then, had it held more before."""
    store.settle()
    try:
        yield
    finally:
        store.settle()


def _telling(rows: Sequence[GivenRow], progress: Progress) -> Iterator[GivenRow]:
    """The rows as they are; a short file is checked before a bar could be read."""
    for number, row in enumerate(rows, start=1):
        yield row
        if len(rows) > CHUNK and (number % CHUNK == 0 or number == len(rows)):
            progress("checking", number, len(rows))


def _unknown(first: Mapping[str, str], known: Collection[str], at: str) -> str:
    """What to say of labels that no intent has; `first` tells where each is met first."""
    told = [f"{where}: unknown intent {name[:60]!r}{nearest(name[:60], list(known))}" for name, where in first.items()]
    them = "it" if len(told) == 1 else "them"
    return f"{at}{listed(told, NAMED, '; ')}; create {them} first, or have {them} created with --new-intents"
