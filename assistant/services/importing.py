"""Labelled texts in bulk: all of a file is checked before any of it is stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from assistant.dialogue.text import clean
from assistant.domain import LabelledText, Split
from assistant.errors import InputError
from assistant.services.views import ImportCounts
from assistant.store import text_hash
from assistant.store.unit_of_work import Store
from assistant.strategies import nearest


@dataclass(frozen=True, slots=True)
class CheckedRows:
    """Cleaned rows in file order, without contradictions."""

    rows: tuple[LabelledText, ...]

    def require_intents(self, known: Collection[str]) -> None:
        """Raises InputError with the number of the first row whose intent is not known."""
        for number, row in enumerate(self.rows, start=1):
            if row.intent not in known:
                name = row.intent[:60]
                hint = nearest(name, list(known))
                raise InputError(f"row {number}: unknown intent {name!r}{hint}; create it first")


def checked_rows(rows: Iterable[LabelledText]) -> CheckedRows:
    """Raises InputError with the number (from 1) of the first row that cannot be accepted."""
    cleaned: list[LabelledText] = []
    first: dict[str, tuple[int, str]] = {}
    for number, row in enumerate(rows, start=1):
        try:
            text = clean(row.text)
        except InputError as error:
            raise InputError(f"row {number}: {error}") from error
        earlier, intent = first.setdefault(text_hash(text), (number, row.intent))
        if intent != row.intent:
            raise InputError(
                f"row {number} labels a text {row.intent!r} that row {earlier} labels {intent!r}; keep one"
            )
        cleaned.append(LabelledText(text, row.intent))
    return CheckedRows(tuple(cleaned))


def import_labelled(
    store: Store, rows: Iterable[LabelledText], operator: str, *, split: Split | None = None
) -> ImportCounts:
    """Add labelled texts, all or none. Raises InputError naming the first row (from 1) that is wrong:
    an unacceptable text, an unknown intent, or another label for a text of an earlier row."""
    checked = checked_rows(rows)
    with store.unit() as uow:
        checked.require_intents([intent.name for intent in uow.intents.all()])
        placed = uow.examples.add_many(checked.rows, split=split, source="import", operator=operator)
        uow.audit.add(
            operator,
            "import",
            "examples",
            before={"superseded": list(placed.superseded)},
            after={"added": list(placed.added), "rows": len(checked.rows)},
        )
    relabelled = len(placed.superseded)
    return ImportCounts(len(placed.added) - relabelled, relabelled, len(placed.kept))
