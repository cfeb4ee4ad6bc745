"""A log that takes nothing more, on a full disk or in a terminal that is gone, ends no night's work."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import pytest

from assistant.bootstrap import Assistant
from assistant.cli import learn, server, shared
from assistant.cli.erase import erase_old_first
from assistant.cli.follow import said
from assistant.cli.shared import loading, progress_bars
from assistant.domain import Decision
from assistant.services.runs.retrain import ExitCode, Retrain, RetrainResult
from assistant.settings import Settings
from assistant.store import Store, migrate, open_engine
from tests import commands

FULL = Path("/dev/full")
DeadLog = Callable[[], AbstractContextManager[None]]
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")


@contextmanager
def full_disk() -> Iterator[TextIO]:
    with suppress(OSError), FULL.open("w", buffering=1) as full:
        yield full


@contextmanager
def reader_gone() -> Iterator[TextIO]:
    """As of `| logger` whose process was killed."""
    reading, writing = os.pipe()
    os.close(reading)
    with suppress(OSError), os.fdopen(writing, "w", buffering=1) as nobody:
        yield nobody


@pytest.fixture(params=[full_disk, reader_gone])
def dead_log(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> DeadLog:
    """While it is entered, both streams of this process lead nowhere."""

    @contextmanager
    def entered() -> Iterator[None]:
        with request.param() as log, redirect_stdout(log), redirect_stderr(log):
            yield

    monkeypatch.setattr(shared.out, "quiet", False)  # what Rich makes of it once a reader is gone
    return entered


def test_what_is_loaded_and_done_under_bars_goes_on(dead_log: DeadLog) -> None:
    done = []
    with dead_log():
        with loading("what learns"):
            done.append("loaded")
        with progress_bars() as progress:
            progress("learning", 1, 2)
            progress("learning", 2, 2)
        done.append("learned")
    assert done == ["loaded", "learned"]


def test_what_is_to_be_kept_no_longer_is_erased_and_the_night_goes_on(dead_log: DeadLog, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "var", retention_days=30)
    migrate(settings.database)
    store = Store(open_engine(settings.database), lambda: datetime(2025, 1, 1, tzinfo=UTC))
    with store.unit() as uow:
        uow.conversations.add_user_message(uow.conversations.create(), "I am Jane Doe", decision=Decision.SILENT)
    parts = Assistant(settings)
    went_on = False
    with dead_log():
        erase_old_first(parts)
        went_on = True
    assert went_on
    assert not parts.erasing().saying("jane doe")


def test_an_update_of_which_nothing_can_be_said_does_not_end_the_following(dead_log: DeadLog) -> None:
    told = []
    with dead_log():
        for number in range(2):
            said(RetrainResult(ExitCode.REFUSED, "refused", "old intents drop", {"trained_rows": 3}))
            told.append(number)
    assert told == [0, 1]


def test_a_server_that_is_started_anew_answers(
    dead_log: DeadLog, migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Followed:
        version = "v1"

        def follow(self, seconds: float) -> Callable[[], None]:
            return lambda: None

    class Server:
        def run(self, sockets: list[socket.socket]) -> None:
            answered.append(len(sockets))

    answered = list[int]()
    settings = Settings(data=tmp_path)
    shutil.copy(migrated, settings.database)
    monkeypatch.setattr(server, "_application", lambda parts: (None, Followed(), Followed()))
    monkeypatch.setattr(server, "loading", nullcontext)
    monkeypatch.setattr(server, "web_server", lambda app, last: Server())
    with server.listen("127.0.0.1", 0) as listening, dead_log():
        server.run(Assistant(settings), listening, lambda: None, None, None)
    assert answered == [1]


def test_a_night_ends_with_its_outcome_though_nobody_can_hear_of_it(
    dead_log: DeadLog, migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("var").mkdir()
    shutil.copy(migrated, "var/assistant.db")
    monkeypatch.setattr(Retrain, "run", lambda self, **given: RetrainResult(ExitCode.PUBLISHED, "published", "", {}))
    looked = []

    def told(parts: Assistant) -> str:
        looked.append("for new topics")
        return ""

    monkeypatch.setattr(learn, "told", told)
    with dead_log():
        code = commands.run(monkeypatch, "retrain")
    assert (code, looked) == (ExitCode.PUBLISHED, ["for new topics"])
