"""Who changed what, when, from what to what: for reading and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from assistant.counting import shortened
from assistant.errors import InputError
from assistant.services.files import write_atomically
from assistant.services.tables import harmless
from assistant.store import AuditEntry, Store

PAGE = 50
CHUNK = 1000
SHORT = 160  # characters of what an entry says of before or after
COLUMNS = ("id", "when_utc", "who", "what", "subject", "before", "after")


class AuditLog:
    """The log of what people did."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def page(self, *, who: str = "", what: str = "", number: int = 1) -> list[AuditEntry]:
        """Page `number` (from 1) of at most PAGE entries of this person and kind (all where empty), newest first."""
        if not 1 <= number < 2**40:
            raise InputError(f"there is no page {number} of the log; pages count from 1")
        with self._store.unit(read_only=True) as uow:
            return uow.audit.matching(actor=who, action=what, limit=PAGE, offset=(number - 1) * PAGE)

    def names(self) -> tuple[list[str], list[str]]:
        """Everybody who did something, and all that was done."""
        with self._store.unit(read_only=True) as uow:
            return uow.audit.actors(), uow.audit.actions()

    def write_csv(self, file: Path) -> int:
        """Write the whole log; returns how many entries. Raises InputError when it cannot be written."""
        lines = list(self.csv_lines())
        write_atomically(file, "".join(lines).encode())
        return len(lines) - 1

    def csv_lines(self) -> Iterator[str]:
        """The heads, then every entry, oldest first; no cell starts a formula in a spreadsheet."""
        yield _line(COLUMNS)
        for entry in self._all():
            yield _line(_cells(entry))

    def _all(self) -> Iterator[AuditEntry]:
        newest = 0
        while True:
            with self._store.unit(read_only=True) as uow:
                entries = uow.audit.after(newest, CHUNK)
            if not entries:
                return
            yield from entries
            newest = entries[-1].id


def shown(values: dict[str, object] | None) -> str:
    """What an entry says of before or after, in one short line; long lists of ids by their length."""
    parts = []
    for name, value in (values or {}).items():
        if value in (None, [], False, ""):
            continue
        told = f"{len(cast('list[int]', value))} rows" if isinstance(value, list) else str(value)
        parts.append(f"{name}: {told}")
    return shortened(", ".join(parts), SHORT)


def _line(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _cells(entry: AuditEntry) -> list[str]:
    before, after = (json.dumps(side, ensure_ascii=False) if side else "" for side in (entry.before, entry.after))
    cells = [str(entry.id), entry.at.isoformat(), entry.actor, entry.action, entry.subject, before, after]
    return [harmless(cell) for cell in cells]
