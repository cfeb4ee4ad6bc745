"""A corpus folder: what a shop starts from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from assistant.domain import Action, Intent, LabelledText
from assistant.errors import InputError
from assistant.formats import Row, read_rows

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
        intents = {
            name: Intent(name, row["title"], row["answer"], row.get("description", ""), Action(row["action"]))
            for name, row in described.items()
        }
        sessions = {name: int(row.get("session", 0)) for name, row in described.items()}
    except OSError as error:
        raise InputError(f"corpus {folder}: intents.json cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: {error!r}; expected an object that maps each intent to its title, answer and action"
        ) from error
    train, holdout = (_known(folder / name, intents) for name in ("train.csv", "holdout.csv"))
    missing = set(intents) - {row.intent for row in train}
    if missing:
        raise InputError(f"{folder / 'train.csv'}: no row for {', '.join(sorted(missing))}; each intent needs some")
    return Corpus(intents, sessions, train, holdout)


def _known(path: Path, intents: dict[str, Intent]) -> tuple[LabelledText, ...]:
    rows: list[Row] = read_rows(path)
    for number, row in enumerate(rows, 2):
        if row.intent not in intents:
            raise InputError(f"{path} row {number}: intent {row.intent!r} is not in intents.json")
    return tuple(LabelledText(row.text, row.intent) for row in rows)
