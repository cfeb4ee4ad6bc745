"""Figures in rows and columns, for the pages, the terminal and spreadsheets."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TypeVar

Cell = str | int | float | None
FORMULA = ("=", "+", "-", "@", "\t", "\r")

T = TypeVar("T", bound=Cell)


@dataclass(frozen=True, slots=True)
class Table:
    """`heads` name the unit where there is one; a cell of None is unknown."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def as_csv(self) -> str:
        """With a line of heads; unknown cells are empty. Words never start a formula in a spreadsheet."""
        written = io.StringIO()
        lines = csv.writer(written, lineterminator="\n")
        lines.writerow(self.heads)
        lines.writerows([harmless(cell) for cell in row] for row in self.rows)
        return written.getvalue()


def harmless(cell: T) -> T | str:
    """The cell; words that a spreadsheet would run as a formula with an apostrophe in front, as OWASP advises."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
