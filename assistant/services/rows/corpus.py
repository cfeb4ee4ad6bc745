"""A corpus folder: what a shop starts from."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.counting import listed
from assistant.domain import OUT_OF_SCOPE, Action, Intent, LabelledText, Split
from assistant.errors import InputError
from assistant.formats import read_rows
from assistant.formats.json_file import each_once
from assistant.formats.row import shown
from assistant.reading import read_whole
from assistant.services.rows.labelled_rows import NAMED, checked, of_file
from assistant.store import text_hash
from assistant.store.intents import storable
from assistant.strategies import nearest

SHIPPED = Path(__file__).parents[3] / "data" / "shop"


@dataclass(frozen=True)
class Corpus:
    """`sessions` maps an intent to the month in which it arrives; 0 is there from the start.

    Rows of the intent OUT_OF_SCOPE have none of the others.
    """

    intents: dict[str, Intent]
    sessions: dict[str, int]
    train: tuple[LabelledText, ...]
    holdout: tuple[LabelledText, ...]

    def unseen(self) -> tuple[LabelledText, ...]:
        """The holdout rows whose text is not trained on: the only ones that can judge."""
        trained = {text_hash(row.text) for row in self.train}
        return tuple(row for row in self.holdout if text_hash(row.text) not in trained)

    def left_out(self) -> str:
        """Which holdout rows are not `unseen`, and what to do about those labelled otherwise; empty without any."""
        trained = {text_hash(row.text): row.intent for row in self.train}
        there = [row for row in self.holdout if text_hash(row.text) in trained]
        if not there:
            return ""
        told = f"{len(there)} of {len(self.holdout)} holdout rows were left out, since their texts are trained on."
        unlike = [(row, label) for row in there if (label := trained[text_hash(row.text)]) != row.intent]
        if not unlike:
            return told
        named = listed(
            [f"{row.text[:60]!r} ({label} in train.csv, {row.intent} in holdout.csv)" for row, label in unlike], NAMED
        )
        return (
            f"{told} {len(unlike)} of them carry another label in train.csv, which was learned: {named}. Where it"
            " is wrong, give the text the right label at the desk or by `assistant import`"
        )

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
    described = _described(folder, path)
    intents = {name: _intent(path, name, row) for name, row in described.items()}
    sessions = {name: row.get("session", 0) for name, row in described.items()}
    if set(intents) == {OUT_OF_SCOPE}:
        raise InputError(f"{path}: there is no intent but {OUT_OF_SCOPE}; describe one that customers have")
    train, holdout = (_rows(folder / f"{side}.csv", intents, side) for side in (Split.TRAIN, Split.HOLDOUT))
    missing = set(intents) - {row.intent for row in train} - {OUT_OF_SCOPE}
    if missing:
        raise InputError(f"{folder / 'train.csv'}: no row for {', '.join(sorted(missing))}; each intent needs some")
    return Corpus(intents, sessions, train, holdout)


def not_in_use(folder: Path, names: Collection[str]) -> str:
    """Tells a shop that has the intents `names` and was started from another corpus what to do; else empty."""
    try:
        described = _described(folder, folder / "intents.json")
    except InputError:  # a shop goes on without the corpus that it was started from
        return ""
    strange = set(described) - set(names)
    if len(strange) <= len(described) / 2:
        return ""
    return (
        f"the setting corpus = {str(folder)!r} is for a first version, and this shop has one: {len(strange)} of the"
        f" {len(described)} intents there are not among its own. To start from that corpus, move the data folder away"
        " or name another as `data`"
    )


def _described(folder: Path, path: Path) -> dict[str, Any]:
    try:
        text = read_whole(path).decode("utf-8-sig")  # editors on Windows put a mark there
        described = json.loads(text, object_pairs_hook=each_once)
    except OSError as error:
        raise InputError(f"corpus {folder}: intents.json cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: it cannot be read as JSON in UTF-8 ({error})") from error
    if not isinstance(described, dict) or not described:
        raise InputError(f"{path}: expected an object that maps each intent to its title, answer and action")
    return described


def _intent(path: Path, name: str, row: Any) -> Intent:
    if not isinstance(row, dict):
        raise InputError(f"{path}: intent {shown(name)} is {shown(row)}; give an object with title, answer and action")
    described = {"description": "", **row}
    for key in ("title", "answer", "action", "description"):
        if not isinstance(described.get(key), str):
            received = f"intent {shown(name)} has {key} {shown(described.get(key))}"
            raise InputError(f"{path}: {received}; give every intent a {key} in quotes")
    if row["action"] not in list(Action):
        received = f"intent {shown(name)} has action {shown(row['action'])}"
        raise InputError(f"{path}: {received}; write one of: {', '.join(Action)}")
    session = row.get("session", 0)
    if type(session) is not int or session < 0:
        raise InputError(f"{path}: intent {shown(name)} has session {shown(session)}; write an integer from 0")
    intent = Intent(name, row["title"], row["answer"], described["description"], Action(row["action"]))
    require_usable(intent, f"{path}: intent {name[:60]!r}")
    return intent


def require_usable(intent: Intent, where: str) -> None:
    """Raises InputError saying `where` the intent is, and what of it is wrong, unless the store would take it."""
    try:
        storable(intent)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _rows(path: Path, intents: Collection[str], side: Split) -> tuple[LabelledText, ...]:
    rows = read_rows(path)
    for row in rows:
        if row.intent not in intents:
            hint = nearest(row.intent, list(intents))
            raise InputError(f"{path}, {row.where}: intent {row.intent!r} is not in intents.json{hint}")
    given = of_file(path, rows)
    for row, one in zip(rows, given, strict=True):
        if one.split not in (None, side):
            raise InputError(
                f"{path}, {row.where}: split is {row.split!r}, but the rows of this file are {side} rows; move the row"
                f" to {one.split}.csv, or leave its split empty"
            )
    return tuple(row.labelled() for row in checked((replace(row, split=side) for row in given), path))
