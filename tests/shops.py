"""A whole installation: real database, folders and index, and, unless another is given, an encoder of plain words."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count, islice
from pathlib import Path

from sqlalchemy import Engine, text

from assistant.domain import Example, Intent, LabelledText, Split, Version
from assistant.learning import checkpoint
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner
from assistant.model.encoder import TextEncoder
from assistant.services.rows.corpus import Corpus
from assistant.services.runs.encoders import EncoderSwitch
from assistant.services.runs.judging import Judge
from assistant.services.runs.retrain import Retrain
from assistant.services.runs.setup import set_up
from assistant.services.versions import Versions
from assistant.store import Store, migrate, open_engine, split_of
from assistant.store.columns import Base
from assistant.strategies import Spec
from tests.synthetic import WordEncoder, plan

INTENTS = ("refund", "delivery", "invoice")
GATES = tuple(Spec(name=name) for name in ("old_accuracy", "each_old_intent", "negative_flips", "new_intents"))
PLAN = plan(hidden=64, least_steps=25, learning_rate=1e-2)
CLEARLY = 14


def intent(name: str) -> Intent:
    return Intent(name, name.capitalize(), f"All about {name}.")


def texts(word: str, side: Split, number: int, start: int = 0, repeat: int = 1) -> list[LabelledText]:
    """`number` texts of the intent `word` that fall on one side of the split.

    `repeat` is how often a text says the word: a small random RoBERTa tells texts apart that say it CLEARLY times.
    """
    sided = (said for n in count(start) if split_of(said := f"{' '.join([word] * repeat)} {n}") is side)
    return [LabelledText(each, word) for each in islice(sided, number)]


def train(word: str, number: int, start: int = 100, repeat: int = 1) -> list[LabelledText]:
    return texts(word, Split.TRAIN, number, start, repeat)


def holdout(word: str, number: int, start: int = 100, repeat: int = 1) -> list[LabelledText]:
    return texts(word, Split.HOLDOUT, number, start, repeat)


def corpus(*names: str, repeat: int = 1) -> Corpus:
    """A dozen rows to train on and a dozen to judge with, for each intent."""
    return Corpus(
        {name: intent(name) for name in names},
        dict.fromkeys(names, 0),
        tuple(row for name in names for row in texts(name, Split.TRAIN, 12, repeat=repeat)),
        tuple(row for name in names for row in texts(name, Split.HOLDOUT, 12, repeat=repeat)),
    )


@dataclass
class Shop:
    """One data folder and the services on it."""

    data: Path
    encoder: TextEncoder = field(default_factory=WordEncoder)
    plans: Sequence[UpdatePlan] = (PLAN,)
    gates: Sequence[Spec] = GATES
    lock_seconds: float = 3600

    def __post_init__(self) -> None:
        migrate(self.url)
        self.engine: Engine = open_engine(self.url)
        self.store = Store(self.engine)

    @property
    def url(self) -> str:
        return f"sqlite:///{self.data / 'assistant.db'}"

    @property
    def folder(self) -> Path:
        return self.data / "versions"

    @property
    def reports(self) -> Path:
        return self.data / "reports"

    def load(self, version: Version) -> Learner:
        return checkpoint.load(self.folder / version.id, self.encoder, version.manifest_sha256)

    def retrain(self) -> Retrain:
        return Retrain(
            self.store, self.load, self.plans, Judge(self.gates),
            folder=self.folder, reports=self.reports, lock_seconds=self.lock_seconds,
        )  # fmt: skip

    def switch(self) -> EncoderSwitch:
        return EncoderSwitch(self.store, self.load, self.plans[0], Judge(self.gates), self.folder, self.reports)

    def versions(self) -> Versions:
        return Versions(self.store, self.folder)

    def live(self) -> Version:
        version = self.versions().live()
        assert version is not None
        return version

    def learner(self) -> Learner:
        return self.load(self.live())

    def says(self, *asked: str) -> list[str]:
        """What the live version takes the texts for."""
        return [prediction.intent for prediction in self.learner().model.predict(asked)]

    def label(self, *rows: LabelledText, split: Split | None = None) -> list[int]:
        """Labels texts as operators do; makes the intents that are missing. Gives the ids of the examples."""
        with self.store.unit() as uow:
            known = {each.name for each in uow.intents.all()}
            for name in sorted({row.intent for row in rows} - known):
                uow.intents.add(intent(name), "ann")
            return [
                uow.examples.add(row.text, row.intent, split=split, source="correction", operator="ann").id
                for row in rows
            ]

    def pending(self) -> list[str]:
        with self.store.unit(read_only=True) as uow:
            return [example.text for example in uow.examples.pending()]

    def examples(self, split: Split) -> list[Example]:
        with self.store.unit(read_only=True) as uow:
            return uow.examples.all(split)

    def marks(self) -> list[tuple[int, str]]:
        """Every learned mark: example and version."""
        with self.engine.connect() as connection:
            rows = connection.execute(text("select example_id, version_id from learned order by 1, 2"))
            return [(row[0], row[1]) for row in rows]

    def tables(self) -> dict[str, list[tuple[object, ...]]]:
        """All rows of all tables."""
        with self.engine.connect() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(table.select())]
                for table in Base.metadata.sorted_tables
            }

    def files(self) -> dict[str, str]:
        """The hash of every file, after whatever SQLite still had in its journal went into the database file."""
        with self.engine.connect() as connection:
            connection.commit()
        raw = self.engine.raw_connection()
        raw.rollback()
        raw.cursor().execute("pragma wal_checkpoint(truncate)")
        raw.close()
        return {
            str(path.relative_to(self.data)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.data.rglob("*"))
            if path.is_file() and not path.name.endswith(("-wal", "-shm"))
        }


@contextmanager
def started(folder: Path) -> Iterator[Shop]:
    """A shop that has its first version, of the usual intents."""
    shop = Shop(folder)
    set_up(shop.store, corpus(*INTENTS), shop.encoder, PLAN, shop.folder)
    yield shop
    shop.engine.dispose()


def publish_beside(store: Store, live: Version) -> None:
    """Somebody publishes a version `other` by hand, made from `live`."""
    with store.unit() as uow:
        uow.versions.add(replace(live, id="other", parent=live.id))
        uow.versions.publish("other", expected_live=live.id, learned=(), actor="lea", kind="publish", reason="by hand")


def dead_owner() -> str:
    """The owner that a lock has whose process was killed."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return f"{socket.gethostname()}:{child.pid}:0:abc"


def zombies() -> Iterator[int]:
    """The process id of a child that has ended and was not collected yet."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    yield pid
    os.waitpid(pid, 0)
