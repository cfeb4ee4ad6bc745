"""Training data from files. One file per format, one table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assistant.errors import InputError
from assistant.formats.csv_file import read_csv
from assistant.formats.json_file import read_json
from assistant.formats.jsonl_file import read_jsonl
from assistant.formats.row import Row

FORMATS: dict[str, Callable[[Path], list[Row]]] = {".csv": read_csv, ".jsonl": read_jsonl, ".json": read_json}

__all__ = ["FORMATS", "Row", "read_rows"]


def read_rows(path: Path | str) -> list[Row]:
    """The rows of a file, at least one, in its order; its suffix decides the format.

    Raises InputError, which names the file, the place, the value received and what to do.
    """
    path = Path(path)
    try:
        read = FORMATS[path.suffix.lower()]
    except KeyError:
        raise InputError(
            f"{path}: unknown suffix {path.suffix!r}; give a file that ends in one of: {', '.join(FORMATS)}"
        ) from None
    return read(path)
