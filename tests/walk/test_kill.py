"""`kill -9` at any moment of a nightly run: the live version answers on, and the next run learns everything once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from assistant.domain import LabelledText
from assistant.model.artifact import read_folder
from assistant.model.encoder import Encoder
from assistant.services.runs.setup import set_up
from tests.shops import CLEARLY, INTENTS, PLAN, Shop, corpus, holdout, train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SEED = 1
KILLS = 10
GIFTS = [*train("gift", 6, repeat=CLEARLY), *holdout("gift", 10, repeat=CLEARLY)]

# Processes forked from one that has torch loaded already: what is killed is the run, not the import of libraries.
forks = get_context("forkserver")
forks.set_forkserver_preload(["assistant.services.runs.retrain", "assistant.cli", "sentence_transformers"])


@dataclass
class Prepared:
    """A copy of the data folder, and what was labelled in it."""

    shop: Shop
    settings: Path
    labelled: list[int]

    def label(self, rows: list[LabelledText]) -> None:
        self.labelled += self.shop.label(*rows)

    def fork(self, die_at: int | None = None, told: Path | None = None) -> ForkServerProcess:
        process = forks.Process(target=retrain, args=(str(self.settings), die_at, told))
        process.start()
        return process


@pytest.fixture(scope="module")
def encoder(tiny_roberta: Path) -> Encoder:
    return Encoder(str(tiny_roberta))


@pytest.fixture(scope="module")
def first_day(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    shop = Shop(tmp_path_factory.mktemp("first") / "var", encoder)
    set_up(shop.store, corpus(*INTENTS, repeat=CLEARLY), encoder, PLAN, shop.folder)
    shop.files()
    shop.engine.dispose()
    return shop.data


@pytest.fixture
def prepare(encoder: Encoder, first_day: Path, tmp_path: Path) -> Iterator[Callable[[], Prepared]]:
    """Makes a new copy with corrections of a new intent, at each call."""
    made: list[Prepared] = []

    def copy() -> Prepared:
        folder = tmp_path / str(len(made))
        shop = Shop(Path(shutil.copytree(first_day, folder / "var")), encoder)
        settings = folder / "assistant.toml"
        settings.write_text(f"data = {str(shop.data)!r}\nencoder = {encoder.name!r}\n")
        made.append(Prepared(shop, settings, []))
        made[-1].label(GIFTS)
        return made[-1]

    yield copy
    for one in made:
        one.shop.engine.dispose()


def retrain(settings: str, die_at: int | None, told: Path | None) -> None:
    """In the forked process: the real command, with a small plan. With `die_at` it kills itself before that write.

    With `told` it lists there what it writes, in order.
    """
    from sqlalchemy import Engine, event

    from assistant.bootstrap import Assistant
    from assistant.cli import main

    writes: list[str] = []

    def write(name: str) -> None:
        if len(writes) == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        writes.append(name)
        if told:
            told.write_text("\n".join(writes))

    def watched(name: str) -> Callable[..., Any]:
        original = getattr(os, name)

        def call(*args: Any, **options: Any) -> Any:
            write(name)
            return original(*args, **options)

        return call

    if die_at is not None or told:
        for name in ("fsync", "rename", "replace"):
            setattr(os, name, watched(name))
        event.listen(Engine, "commit", lambda connection: write("commit"))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(1, 2)
    Assistant.plan = lambda self, coming=0, dimension=None: PLAN  # type: ignore[method-assign]
    sys.argv = ["assistant", "retrain", "--settings", settings]
    main()


def check(prepared: Prepared) -> bool:
    """The live version is whole and answers; corrections are learned all or not at all. Whether they are."""
    shop = prepared.shop
    assert shop.says(*(row.text for row in corpus(*INTENTS, repeat=CLEARLY).holdout[::12])) == list(INTENTS)
    for version in shop.versions().all():
        read_folder(shop.folder / version.id, version.manifest_sha256)
        assert not version.id.startswith(".")
    pending, learned = set(shop.pending()), [example for example, _ in shop.marks() if example in prepared.labelled]
    assert len(learned) == len(set(learned)), "learned twice"
    assert len(learned) + len(pending) == len(prepared.labelled)
    return not pending


def check_all_is_learned(prepared: Prepared, publications: int) -> None:
    shop = prepared.shop
    assert check(prepared)
    gift = holdout("gift", 1, start=9000, repeat=CLEARLY)[0].text
    assert shop.says(gift) == ["gift"]
    memory = shop.learner().memory.texts
    assert len(memory) == len(set(memory))
    assert not set(memory) & {row.text for row in GIFTS[6:]}
    assert set(memory) >= {row.text for row in GIFTS[:6]}
    assert len(shop.versions().history()) == 1 + publications
    assert len(shop.versions().all()) == 1 + publications
    assert shop.tables()["locks"] == []
    left = {path.name for path in shop.folder.iterdir()} - {version.id for version in shop.versions().all()}
    assert not [name for name in left if name.startswith(".draft-")]  # a whole folder waits a month to be asked for


def command(prepared: Prepared) -> subprocess.Popen[bytes]:
    line = [sys.executable, "-m", "assistant.cli", "retrain", "--settings", str(prepared.settings)]
    return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_killed_at_ten_random_moments(prepare: Callable[[], Prepared]) -> None:
    """The moments are spread over the time that a whole run takes, one in each tenth of it.

    A run that is faster than its moment has published; it was none of the ten, and is the new measure.
    """
    whole = prepare()
    whole.fork().join()  # starts the server
    whole.label(train("gift", 1, start=700, repeat=CLEARLY))
    begin = time.monotonic()
    process = whole.fork()
    process.join()
    seconds = time.monotonic() - begin
    assert process.exitcode == 0

    prepared, draw = prepare(), random.Random(SEED)
    publications, killed, runs = 0, 0, 0
    while killed < KILLS:
        runs += 1
        assert runs <= 3 * KILLS
        begin = time.monotonic()
        process = prepared.fork()
        process.join((killed + draw.random()) / KILLS * seconds)
        seconds = min(seconds, time.monotonic() - begin) if process.exitcode == 0 else seconds
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        if check(prepared):
            publications += 1
            prepared.label(train("gift", 1, start=1000 * runs, repeat=CLEARLY))
    last = prepared.fork()
    last.join()
    assert last.exitcode == 0
    check_all_is_learned(prepared, publications + 1)


def test_killed_before_each_single_write(prepare: Callable[[], Prepared], tmp_path: Path) -> None:
    """Every fsync, rename and commit of a run, one after the other, each on a fresh copy of the folder."""
    told = tmp_path / "writes.txt"
    prepare().fork(told=told).join()
    writes = told.read_text().split("\n")
    folder, publishing = writes.index("rename"), writes.index("commit", writes.index("rename"))
    assert writes[0] == "commit"  # the lock
    assert writes[-1] == "commit"  # and its release
    assert writes[publishing:].count("replace") == 2  # the two reports
    assert writes[:folder].count("fsync") >= 6  # every file and the folder
    for number in range(len(writes)):
        prepared = prepare()
        process = prepared.fork(die_at=number)
        process.join()
        assert process.exitcode == -signal.SIGKILL, writes[number]
        published = check(prepared)
        assert published == (number > publishing), writes[: number + 1]
        result = prepared.shop.retrain().run(actor="the next night")
        assert int(result.exit_code) == (10 if published else 0), writes[number]
        check_all_is_learned(prepared, publications=1)


def test_the_command_itself_killed_and_started_again(prepare: Callable[[], Prepared]) -> None:
    prepared = prepare()
    process = command(prepared)
    while not prepared.shop.tables()["locks"]:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()  # not collected before the next one starts: it stays a zombie, which must not hold the lock
    assert not check(prepared)
    assert prepared.shop.tables()["locks"]
    assert command(prepared).wait() == 0
    process.wait()
    check_all_is_learned(prepared, publications=1)
