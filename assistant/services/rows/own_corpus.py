"""A corpus folder made of a shop's own labelled messages."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.domain import OUT_OF_SCOPE, Split
from assistant.errors import InputError
from assistant.services.files import require_folder, write_atomically
from assistant.services.rows.corpus import read_corpus
from assistant.services.rows.importing import Progress, rows_of
from assistant.services.rows.intents_of_labels import intents_of
from assistant.services.runs.stopping import PROVEN_FROM
from assistant.store import Prepared, prepare

DESCRIPTION, FILES = "intents.json", {Split.TRAIN: "train.csv", Split.HOLDOUT: "holdout.csv"}
STEADY = 100  # holdout rows of which one is no more than old intents may lose together


@dataclass(frozen=True, slots=True)
class OwnCorpus:
    """What was written. `names` maps the labels of the file to the intents that they became; `thin` are intents with
    too few holdout rows to be judged one by one."""

    names: dict[str, str]
    train: int
    holdout: int
    judging: int  # of the holdout those that have an intent
    thin: tuple[str, ...]


def make_corpus(file: Path, folder: Path, progress: Progress = lambda what, done, total: None) -> OwnCorpus:
    """Writes `folder`, from which a shop can start, from a file of labelled messages.

    A row goes to the side that the file gives it, else one in five to the holdout, by a hash of the text. Each intent
    hands over to a person until somebody writes its answer. Raises InputError for a row that cannot be used, where
    nothing would be left to judge with, and for a folder that holds a corpus already.
    """
    try:
        there = [name for name in (DESCRIPTION, *FILES.values()) if (folder / name).exists()]
    except OSError as error:  # of another user, or a name too long
        raise InputError(f"{folder}: cannot be looked into ({error.strerror}); choose another folder") from error
    if there and DESCRIPTION not in there:
        raise InputError(
            f"{folder}: it holds {' and '.join(there)} without {DESCRIPTION}, as a run that was stopped leaves it;"
            " delete what is there, or name a new folder"
        )
    if there:
        raise InputError(f"{folder}: it holds {there[0]} already; name a new folder")
    given = rows_of(file, None, progress)
    rows = list({row.digest: row for row in (prepare(one.labelled(), one.split) for one in given)}.values())
    sides = _sides(rows)
    if Split.HOLDOUT not in sides:
        marked = any(row.split is Split.TRAIN for row in rows)
        advice = "give some the split holdout or test, or leave their split out" if marked else "give two of an intent"
        raise InputError(f"{file}: {len(rows)} row(s), none of which is left to judge with; {advice}")
    labels = list(dict.fromkeys(row.intent for row in rows))
    intents = intents_of(labels)
    names = {label: intent.name for label, intent in intents.items()}
    trained = {names[row.intent] for row, side in zip(rows, sides, strict=True) if side is Split.TRAIN}
    _require_trained(file, set(names.values()), trained)
    require_folder(folder)
    for side, name in FILES.items():
        kept = [row for row, there in zip(rows, sides, strict=True) if there is side]
        write_atomically(folder / name, _table([(row.text, intents[row.intent].name) for row in kept]))
    described = {
        one.name: {"title": one.title, "description": "", "answer": one.answer, "action": one.action.value}
        for one in intents.values()
    }
    # Last: without it the folder is no corpus.
    write_atomically(folder / DESCRIPTION, f"{json.dumps(described, ensure_ascii=False, indent=1)}\n".encode())
    corpus = read_corpus(folder)
    judging = Counter(row.intent for row in corpus.holdout)
    thin = tuple(name for name in dict.fromkeys(names.values()) if judging[name] < PROVEN_FROM and name != OUT_OF_SCOPE)
    return OwnCorpus(names, len(corpus.train), len(corpus.holdout), judging.total() - judging[OUT_OF_SCOPE], thin)


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


def _require_trained(file: Path, names: Collection[str], trained: Collection[str]) -> None:
    """Raises InputError where no first version could be trained, before anything is written."""
    own = [name for name in names if name != OUT_OF_SCOPE]
    if not own:
        raise InputError(f"{file}: there is no intent but {OUT_OF_SCOPE}; give rows of one that customers have")
    if missing := sorted(set(own) - set(trained)):
        raise InputError(
            f"{file}: every row of {', '.join(missing)} is there to judge with; give each intent a row of split train"
        )


def _table(rows: Iterable[tuple[str, str]]) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(("text", "intent"))
    writer.writerows(rows)
    return written.getvalue().encode()
