"""What the server's log says of the runs that it starts."""

from __future__ import annotations

import logging
import subprocess
import threading
from datetime import time

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
