"""The text of a file, or an error that says why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from assistant.counting import listed
from assistant.errors import InputError
from assistant.formats.row import LABEL_COLUMNS, refused, shown
from assistant.reading import read_whole

NAMED = 5  # columns that a message names one by one


def read_text(path: Path) -> str:
    """The content of a UTF-8 file, with or without a byte order mark, line ends as they are.

    Raises InputError for a file that is missing, no regular file, too large, unreadable, empty, not UTF-8 or holds
    NUL bytes.
    """
    try:
        data = read_whole(path)
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file; check the path, received {shown(str(path))}") from None
    except (OSError, ValueError) as error:  # ValueError: a path that holds a NUL
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"{path}: the file cannot be read ({reason}); give a file that you may read, or its parts"
        ) from error
    nul = data.find(b"\0")
    if nul >= 0:  # looked for first, since UTF-16 is what most often brings them
        advice = "save it as UTF-8 text; UTF-16, spreadsheets and compressed files are not read"
        raise refused(path, f"line {_line(data, nul)}", "there is a NUL byte (b'\\x00')", advice)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The decoder counts from after a byte order mark, which holds no line end of its own.
        line, received = _line(error.object, error.start), error.object[error.start : error.start + 8]
        raise refused(path, f"line {line}", f"{shown(received)} is not UTF-8", "save the file as UTF-8") from None
    if not text.strip():
        raise InputError(f"{path}: the file is empty ({len(data)} bytes); give a file with at least one row")
    return text


def label_column(path: Path, where: str, columns: Iterable[str]) -> str:
    """The column that holds the labels. Raises InputError when `text` or a label column is missing."""
    found = list(columns)
    named = f"found: {listed([shown(name) for name in found], NAMED) or 'none'}"
    if "text" not in found:
        raise refused(path, where, f"there is no column 'text', {named}", "name the column of the messages `text`")
    for name in LABEL_COLUMNS:
        if name in found:
            return name
    known = ", ".join(map(repr, LABEL_COLUMNS))
    raise refused(path, where, f"none of the columns {known}, {named}", "name the column of the labels `intent`")


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
