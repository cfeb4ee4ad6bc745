"""A corpus folder made of a shop's own labelled messages."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.domain import OUT_OF_SCOPE, Action, Split
from assistant.errors import InputError
from assistant.services.corpus import read_corpus
from assistant.services.files import require_folder, write_atomically
from assistant.services.importing import Progress, rows_of
from assistant.store import Prepared, prepare
from assistant.store.intents import NAME_LIMIT, TITLE_LIMIT

DESCRIPTION, FILES = "intents.json", {Split.TRAIN: "train.csv", Split.HOLDOUT: "holdout.csv"}
JUDGED_BY = 10  # holdout rows from which a gate judges an intent by itself


@dataclass(frozen=True, slots=True)
class OwnCorpus:
    """What was written. `names` maps the labels of the file to the intents that they became; `thin` are intents with
    too few holdout rows to be judged one by one."""

    names: dict[str, str]
    train: int
    holdout: int
    thin: tuple[str, ...]


def make_corpus(file: Path, folder: Path, progress: Progress = lambda what, done, total: None) -> OwnCorpus:
    """Writes `folder`, from which a shop can start, from a file of labelled messages.

    A row goes to the side that the file gives it, else one in five to the holdout, by a hash of the text. Each intent
    hands over to a person until somebody writes its answer. Raises InputError for a row that cannot be used, where
    nothing would be left to judge with, and for a folder that holds a corpus already.
    """
    for name in (DESCRIPTION, *FILES.values()):
        if (folder / name).exists():
            raise InputError(f"{folder}: it holds {name} already; name a new folder")
    given = rows_of(file, None, progress)
    rows = list({row.digest: row for row in (prepare(one.labelled(), one.split) for one in given)}.values())
    sides = _sides(rows)
    if Split.HOLDOUT not in sides:
        raise InputError(f"{file}: {len(rows)} row(s), none of which is left to judge with; give two of an intent")
    labels = list(dict.fromkeys(row.intent for row in rows))
    names = dict(zip(labels, _unlike((_name(label) for label in labels), NAME_LIMIT, "_"), strict=True))
    wishes = (_title(label) or _title(names[label]) for label in labels)
    titles = dict(zip(labels, _unlike(wishes, TITLE_LIMIT, " "), strict=True))
    require_folder(folder)
    for side, name in FILES.items():
        kept = [row for row, there in zip(rows, sides, strict=True) if there is side]
        write_atomically(folder / name, _table([(row.text, names[row.intent]) for row in kept]))
    described = {
        names[label]: {"title": titles[label], "description": "", "answer": "", "action": Action.HAND_OVER.value}
        for label in labels
    }
    # Last: without it the folder is no corpus.
    write_atomically(folder / DESCRIPTION, f"{json.dumps(described, ensure_ascii=False, indent=1)}\n".encode())
    corpus = read_corpus(folder)
    judging = Counter(row.intent for row in corpus.holdout)
    thin = tuple(name for name in names.values() if judging[name] < JUDGED_BY and name != OUT_OF_SCOPE)
    return OwnCorpus(names, len(corpus.train), len(corpus.holdout), thin)


def _sides(rows: Sequence[Prepared]) -> list[Split]:
    """The side of each row: as given, else its own; but an intent keeps a row to train on, and one is left to judge."""
    sides = [row.split or row.own for row in rows]
    free = [number for number, row in enumerate(rows) if row.split is None]
    trained = {row.intent for row, side in zip(rows, sides, strict=True) if side is Split.TRAIN}
    for number in free:
        if rows[number].intent not in trained:
            sides[number] = Split.TRAIN
            trained.add(rows[number].intent)
    if Split.HOLDOUT not in sides:
        counts = Counter(row.intent for row in rows)
        spare = [number for number in free if counts[rows[number].intent] > 1]
        for number in spare[-1:]:
            sides[number] = Split.HOLDOUT
    return sides


def _name(label: str) -> str:
    """The label in small letters, digits and _, a letter first, as names of intents are."""
    plain = unicodedata.normalize("NFKD", label.casefold()).encode("ascii", "ignore").decode()
    name = re.sub("[^a-z0-9]+", "_", plain).strip("_")
    if not name[:1].isalpha() or len(name) < 2:
        name = f"intent_{name}".rstrip("_")
    return name[:NAME_LIMIT].rstrip("_")


def _title(label: str) -> str:
    """The label as words that a customer may read on a button."""
    words = " ".join(label.replace("_", " ").split())
    return (words[:1].upper() + words[1:])[:TITLE_LIMIT].rstrip()


def _unlike(wishes: Iterable[str], limit: int, between: str) -> list[str]:
    """The wishes, those that are taken already with a number after them."""
    taken, chosen = set[str](), list[str]()
    for wish in wishes:
        found, number = wish, 1
        while found.casefold() in taken:
            number += 1
            ending = f"{between}{number}"
            found = wish[: limit - len(ending)] + ending
        taken.add(found.casefold())
        chosen.append(found)
    return chosen


def _table(rows: Iterable[tuple[str, str]]) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(("text", "intent"))
    writer.writerows(rows)
    return written.getvalue().encode()
