"""When the server starts a night by itself."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
from datetime import datetime, time

import pytest

from assistant.cli import schedule
from assistant.cli.schedule import parse_time, run_daily
from assistant.errors import InputError


@pytest.mark.parametrize(
    ("text", "hour", "minute"), [("02:00", 2, 0), ("2:05", 2, 5), (" 23:59 ", 23, 59), ("00:00", 0, 0)]
)
def test_a_time_of_day_is_read(text: str, hour: int, minute: int) -> None:
    assert parse_time(text) == time(hour, minute)


@pytest.mark.parametrize("text", ["", "25:00", "24:00", "12:60", "12", "12:5", "2 am", "-1:00", "12:00:00", "１２:00x"])
def test_anything_else_is_no_time_of_day(text: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"--retrain-at {text!r} is not a time of day")):
        parse_time(text)


@pytest.mark.parametrize(
    ("at", "asked", "due"),
    [
        ("02:00", "01 01:59:59, 01 02:00:00, 01 02:00:05, 02 01:59:59, 02 02:00:03", "01 02:00:00, 02 02:00:03"),
        ("02:00", "01 02:00:00, 01 23:59:59, 02 00:00:00, 02 02:00:00", "02 02:00:00"),  # now is not next
        ("23:59", "01 23:58:00, 01 23:59:01, 02 00:10:00, 02 23:59:00", "01 23:59:01, 02 23:59:00"),
        ("00:00", "01 12:00:00, 01 23:59:59, 02 00:00:01, 02 00:00:06", "02 00:00:01"),
        ("02:30", "30 01:00:00, 30 01:59:58, 30 03:00:03, 30 04:00:00", "30 03:00:03"),  # summer time begins
        ("02:30", "26 02:00:00, 26 02:31:00, 26 02:59:59, 26 02:00:00, 26 02:31:00", "26 02:31:00"),  # and ends
        ("02:00", "01 01:00:00, 01 09:00:00, 02 01:00:00, 02 02:00:00", "01 09:00:00, 02 02:00:00"),  # it slept
        ("23:00", "01 22:00:00, 02 08:00:00, 02 23:00:01", "02 08:00:00, 02 23:00:01"),  # beyond midnight
        ("02:00", "29 12:00:00, 01 01:00:00, 01 02:00:00", "01 02:00:00"),  # the clock was a month ahead
        ("00:10", "01 12:00:00, 02 00:10:00, 01 23:10:00, 02 00:10:00", "02 00:10:00"),  # and some hours
    ],
)
def test_it_is_time_once_on_each_date(at: str, asked: str, due: str) -> None:
    moments = [datetime.fromisoformat(f"2025-03-{moment}") for moment in asked.split(", ")]
    daily = schedule.Daily(parse_time(at), moments[0])
    assert ", ".join(f"{moment:%d %H:%M:%S}" for moment in moments if daily.is_due(moment)) == due


def test_the_daily_run_goes_on_after_a_night_that_could_not_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    started: list[list[str]] = []
    done = threading.Event()

    def child(command: list[str], check: bool) -> subprocess.CompletedProcess[str]:
        started.append(command)
        if len(started) == 1:
            raise OSError("cannot allocate memory")
        done.set()
        return subprocess.CompletedProcess(command, 20)

    due = iter((False, True, True))
    monkeypatch.setattr(schedule, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(schedule.Daily, "is_due", lambda daily, now: next(due, False))
    monkeypatch.setattr(subprocess, "run", child)
    caplog.set_level(logging.INFO)
    stop = run_daily(time(2), ["retrain", "--settings", "x.toml"])
    assert done.wait(5)
    stop()
    assert started == [[sys.executable, "-P", "-m", "assistant.cli", "retrain", "--settings", "x.toml"]] * 2
    assert "assistant retrain could not be started; trying again tomorrow" in caplog.text
