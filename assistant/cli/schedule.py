"""A daily run of a command as a child process, so that training never takes memory or time of the chat's process."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from assistant.errors import InputError

log = logging.getLogger(__name__)


def parse_time(text: str) -> time:
    """`02:00` as a time of day. Raises InputError for anything else."""
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if not match:
        raise InputError(f"--retrain-at {text!r} is not a time of day; write hours and minutes, such as 02:00")
    return time(int(match[1]), int(match[2]))


def seconds_until(at: time, now: datetime) -> float:
    """From `now` to the next `at`, local time; more than 0, at most a day."""
    then = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return ((then if then > now else then + timedelta(days=1)) - now).total_seconds()


def run_daily(at: time, arguments: Sequence[str]) -> Callable[[], None]:
    """Runs `assistant ARGUMENTS` every day at `at`. Returns what stops it."""
    stop = threading.Event()

    def loop() -> None:
        while not stop.wait(seconds_until(at, datetime.now())):
            try:
                done = subprocess.run([sys.executable, "-m", "assistant.cli", *arguments], check=False)
            except OSError:  # out of memory or of process ids tonight must not end all later nights
                log.exception("assistant %s could not be started; trying again tomorrow", arguments[0])
            else:
                log.info("assistant %s ended with exit code %d", arguments[0], done.returncode)

    threading.Thread(target=loop, name="schedule", daemon=True).start()
    return stop.set
