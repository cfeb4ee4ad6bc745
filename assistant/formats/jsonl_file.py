"""One JSON object on each line."""

from __future__ import annotations

from pathlib import Path

from assistant.formats.json_file import parsed
from assistant.formats.row import Row, checked_row, refused, shown
from assistant.formats.source import label_column, read_text


def read_jsonl(path: Path) -> list[Row]:
    """The rows of a file of objects with `text`, a label, and optionally `session` and `split`.

    Other keys and blank lines are ignored. Raises InputError with the line.
    """
    rows = []
    # Not splitlines(): a JSON string may hold U+2028 and its like as they are.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"line {number}"
        entry = parsed(path, line, number)
        if not isinstance(entry, dict):
            raise refused(path, where, f"it holds {shown(entry)}", 'write {"text": "…", "intent": "…"} on each line')
        label = label_column(path, where, entry)
        optional = {name: entry.get(name) for name in ("session", "split")}
        rows.append(checked_row(path, where, entry["text"], entry[label], **optional))
    return rows
