"""CLINC-style JSON: one object whose keys are splits and whose rows are [text, intent] (Larson et al. 2019)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from assistant.formats.row import Row, checked_row, refused, shown
from assistant.formats.source import read_text

# `oos_…` rows belong to no intent: they keep their mark, so that nobody trains on them by accident.
SPLIT_OF_KEY = {
    "train": "train",
    "val": "holdout",
    "test": "test",
    "oos_train": "oos_train",
    "oos_val": "oos_holdout",
    "oos_test": "oos_test",
}


def read_json(path: Path) -> list[Row]:
    """The rows of all keys, in the file's order. Raises InputError that names the key and position, from 0."""
    document = parsed(path, read_text(path))
    if not isinstance(document, dict):
        received = f"the file holds {shown(document)}"
        raise refused(path, "line 1", received, 'give {"train": [[text, intent], …], "test": …}, or use .jsonl')
    rows = []
    for key, entries in document.items():
        if key not in SPLIT_OF_KEY:
            known = ", ".join(SPLIT_OF_KEY)
            raise refused(path, f"key {shown(key)}", "it is not the name of a split", f"use only: {known}")
        if not isinstance(entries, list):
            raise refused(path, f"key {key!r}", f"it holds {shown(entries)}", "give a list of [text, intent]")
        for position, entry in enumerate(entries):
            where = f"{key}[{position}]"
            if not isinstance(entry, list) or len(entry) != 2:
                raise refused(path, where, f"the row is {shown(entry)}", "write it as [text, intent]")
            rows.append(replace(checked_row(path, where, *entry), split=SPLIT_OF_KEY[key]))
    if not rows:
        raise InputError(f"{path}: no rows under the keys {shown(list(document))}; add at least one row")
    return rows


def parsed(path: Path, text: str, first_line: int = 1) -> Any:
    """The JSON value that `text`, starting on line `first_line` of the file, spells. Raises InputError."""
    try:
        return json.loads(text, object_pairs_hook=each_once)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        received = text[error.pos : error.pos + 60].partition("\n")[0]
        problem = f"broken JSON, column {error.colno}: {error.msg} at {shown(received)}"
    except (ValueError, RecursionError) as error:  # a key twice, a number of thousands of digits, thousands of brackets
        line, problem = first_line, f"JSON that cannot be read ({error}), it starts with {shown(text[:40])}"
    raise refused(path, f"line {line}", problem, "correct it there, or export the file again")


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of these pairs, for `object_pairs_hook`; Python alone would keep the last of the values of a key, and
    lose the others without a word. Raises ValueError for a key that appears twice."""
    read = dict(pairs)
    if len(read) < len(pairs):
        ((key, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {shown(key)} appears twice")
    return read
