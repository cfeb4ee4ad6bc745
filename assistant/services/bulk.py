"""Checking a whole file of labelled texts before any of it is stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from assistant.dialogue.text import clean
from assistant.domain import LabelledText
from assistant.errors import InputError
from assistant.store import text_hash
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
