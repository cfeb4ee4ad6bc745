"""A corpus folder: what a shop starts from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.dialogue.text import clean
from assistant.domain import Action, Intent, LabelledText
from assistant.errors import InputError
from assistant.formats import Row, read_rows
from assistant.strategies import nearest

SHIPPED = Path(__file__).parents[2] / "data" / "shop"


@dataclass(frozen=True)
class Corpus:
    """`sessions` maps an intent to the month in which it arrives; 0 is there from the start."""

    intents: dict[str, Intent]
    sessions: dict[str, int]
    train: tuple[LabelledText, ...]
    holdout: tuple[LabelledText, ...]

    def of_session(self, session: int) -> Corpus:
        """The part that arrives in one session."""
        names = {name for name, when in self.sessions.items() if when == session}
        return Corpus(
            {name: self.intents[name] for name in self.intents if name in names},
            dict.fromkeys(names, session),
            tuple(row for row in self.train if row.intent in names),
            tuple(row for row in self.holdout if row.intent in names),
        )


def read_corpus(folder: Path = SHIPPED) -> Corpus:
    """The corpus of a folder with intents.json, train.csv and holdout.csv.

    Raises InputError naming the file and what is wrong in it.
    """
    path = folder / "intents.json"
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"corpus {folder}: intents.json cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: it is not JSON in UTF-8 ({error})") from error
    if not isinstance(described, dict) or not described:
        raise InputError(f"{path}: expected an object that maps each intent to its title, answer and action")
    intents = {name: _intent(path, name, row) for name, row in described.items()}
    sessions = {name: row.get("session", 0) for name, row in described.items()}
    train, holdout = (_known(folder / name, intents) for name in ("train.csv", "holdout.csv"))
    missing = set(intents) - {row.intent for row in train}
    if missing:
        raise InputError(f"{folder / 'train.csv'}: no row for {', '.join(sorted(missing))}; each intent needs some")
    return Corpus(intents, sessions, train, holdout)


def _intent(path: Path, name: str, row: Any) -> Intent:
    if not isinstance(row, dict):
        raise InputError(f"{path}: intent {name!r} is {row!r}; give an object with title, answer and action")
    described = {"description": "", **row}
    for key in ("title", "answer", "action", "description"):
        if not isinstance(described.get(key), str):
            received = f"intent {name!r} has {key} {described.get(key)!r}"
            raise InputError(f"{path}: {received}; give every intent a {key} in quotes")
    if row["action"] not in list(Action):
        raise InputError(f"{path}: intent {name!r} has action {row['action']!r}; write one of: {', '.join(Action)}")
    session = row.get("session", 0)
    if type(session) is not int or session < 0:
        raise InputError(f"{path}: intent {name!r} has session {session!r}; write an integer from 0")
    return Intent(name, row["title"], row["answer"], described["description"], Action(row["action"]))


def _known(path: Path, intents: dict[str, Intent]) -> tuple[LabelledText, ...]:
    rows: list[Row] = read_rows(path)
    for number, row in enumerate(rows, 2):
        if row.intent not in intents:
            hint = nearest(row.intent, list(intents))
            raise InputError(f"{path} row {number}: intent {row.intent!r} is not in intents.json{hint}")
    return tuple(
        LabelledText(accepted(row.text, f"{path} row {number}"), row.intent) for number, row in enumerate(rows, 2)
    )


def accepted(text: str, where: str) -> str:
    """The text as a chat would take it. Raises InputError saying `where` it is when a chat would not."""
    try:
        return clean(text)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
