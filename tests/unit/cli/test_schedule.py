"""What the server's log says of the runs that it starts."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Callable
from datetime import time
from pathlib import Path
from time import monotonic, sleep

import pytest

from assistant.cli import schedule
from assistant.cli.schedule import run_daily


@pytest.mark.parametrize(
    ("code", "level", "says"),
    [
        (0, logging.INFO, "assistant retrain ended with exit code 0"),
        (20, logging.INFO, "assistant retrain ended with exit code 20"),
        (1, logging.ERROR, "assistant retrain ended with exit code 1"),
        (-15, logging.ERROR, "assistant retrain was ended by signal 15 (Terminated)"),
        (
            -9,
            logging.ERROR,
            "assistant retrain was ended by signal 9 (Killed); a system that is short of memory does so",
        ),
    ],
)
def test_a_run_that_failed_or_was_killed_is_told_as_an_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, code: int, level: int, says: str
) -> None:
    looks, told = iter((True,)), threading.Event()

    def is_due(daily: schedule.Daily, now: object) -> bool:
        due = next(looks, None)
        if due is None:  # the look after the run
            told.set()
        return bool(due)

    monkeypatch.setattr(schedule, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(schedule.Daily, "is_due", is_due)
    monkeypatch.setattr(subprocess, "run", lambda command, check: subprocess.CompletedProcess(command, code))
    caplog.set_level(logging.INFO)
    stop = run_daily(time(2), ["retrain"])
    assert told.wait(5)
    stop()
    (record,) = caplog.records
    assert record.levelno == level
    assert record.getMessage().startswith(says)


def test_a_nightly_run_is_the_program_whatever_files_the_folder_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("queue", "calendar"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('this is the script of the shop')")
    monkeypatch.chdir(tmp_path)
    looks = iter((True,))
    monkeypatch.setattr(schedule, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(schedule.Daily, "is_due", lambda daily, now: next(looks, False))
    caplog.set_level(logging.INFO)
    stop = run_daily(time(2), ["retrain", "--help"])
    told = by_deadline(lambda: [record.getMessage() for record in caplog.records])
    stop()
    assert told == ["assistant retrain ended with exit code 0"]


def by_deadline(found: Callable[[], list[str]]) -> list[str]:
    deadline = monotonic() + 60
    while not found() and monotonic() < deadline:
        sleep(0.05)
    return found()
