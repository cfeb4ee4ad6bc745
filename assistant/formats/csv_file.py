"""Comma-separated values with a header, quoted as RFC 4180 says; or with what its header has instead of commas."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from assistant.formats.row import Row, checked_row, refused, shown
from assistant.formats.source import label_column, read_text


def read_csv(path: Path) -> list[Row]:
    """The rows under a header with `text`, a label column, and optionally `session` and `split`.

    Other columns are ignored. Raises InputError with the line on which the row starts.
    """
    text = read_text(path)
    separator = _separator(text)
    records = _records(path, text, separator)
    line, header = next(records)
    columns = [name.strip() for name in header]
    label = label_column(path, f"line {line}", columns)
    for name in ("text", label, "session", "split"):
        if columns.count(name) > 1:
            raise refused(path, f"line {line}", f"the column {name!r} appears twice in {shown(columns)}", "keep one")
    rows = []
    for line, cells in records:
        if len(cells) != len(columns):
            problem = f"{len(cells)} cells under {len(columns)} columns ({shown(cells)})"
            advice = f"put texts that hold {separator!r} or a quote in double quotes"
            raise refused(path, f"line {line}", problem, advice)
        cell = dict(zip(columns, cells, strict=True))
        optional = {name: cell.get(name) for name in ("session", "split")}
        rows.append(checked_row(path, f"line {line}", cell["text"], cell[label], **optional))
    if not rows:
        raise refused(path, f"line {line}", f"no row follows the header {shown(columns)}", "add at least one row")
    return rows


def _separator(text: str) -> str:
    """What stands between the columns of the header: spreadsheets write a semicolon where a comma is the decimal sign,
    and let nobody choose."""
    header = re.split("[\r\n]", text.strip(), maxsplit=1)[0]  # some end their lines with a carriage return alone
    return max(",;\t|", key=header.count)


def _records(path: Path, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Every record that is not blank, with the number of its first line."""
    # Strict, because otherwise a quote that is never closed swallows the rest of the file without a word.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            received = next(itertools.islice(io.StringIO(text, newline=""), line - 1, None), "").rstrip("\r\n")
            advice = "close every quote, write a quote inside quotes twice, and keep fields below 10,000 characters"
            raise refused(path, f"line {line}", f"broken CSV ({error}) at {shown(received)}", advice) from None
        if len(cells) > 1 or any(cell.strip() for cell in cells):
            yield line, cells
