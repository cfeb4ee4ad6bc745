"""What the server's log says of the runs that it starts."""

from __future__ import annotations

import logging
import subprocess
import threading
from datetime import time
from pathlib import Path

import pytest

from assistant.cli import schedule
from assistant.cli.schedule import run_daily


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """It is time once, without a wait; set when what became of the run was told."""
    looks, told = iter((True,)), threading.Event()

    def is_due(daily: schedule.Daily, now: object) -> bool:
        due = next(looks, None)
        if due is None:  # the look after the run
            told.set()
        return bool(due)

    monkeypatch.setattr(schedule, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(schedule.Daily, "is_due", is_due)
    return told


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
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    told: threading.Event,
    code: int,
    level: int,
    says: str,
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda command, check: subprocess.CompletedProcess(command, code))
    caplog.set_level(logging.INFO)
    stop = run_daily(time(2), ["retrain"])
    assert told.wait(5)
    stop()
    (record,) = caplog.records
    assert record.levelno == level
    assert record.getMessage().startswith(says)


def test_the_daily_run_takes_no_file_of_the_folder_for_a_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, told: threading.Event
) -> None:
    """A real child in a folder with a file of the same name as a library."""
    (tmp_path / "typer.py").write_text("raise SystemExit(1)\n")
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.INFO)
    stop = run_daily(time(2), ["--help"])
    assert told.wait(60)
    stop()
    assert [record.getMessage() for record in caplog.records] == ["assistant --help ended with exit code 0"]
