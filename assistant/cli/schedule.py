"""A daily run of a command as a child process, so that training never takes memory or time of the chat's process."""

from __future__ import annotations

import logging
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from assistant.errors import InputError

log = logging.getLogger(__name__)

FAILED = (1, 2)  # exit codes of `assistant`; the others say what a run found to do
LOOK_SECONDS = 5.0  # a wait of a whole day would not notice that the clock was set, or that the machine slept


def parse_time(text: str) -> time:
    """`02:00` as a time of day. Raises InputError for anything else."""
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if not match:
        raise InputError(f"--retrain-at {text!r} is not a time of day; write hours and minutes, such as 02:00")
    return time(int(match[1]), int(match[2]))


class Daily:
    """Tells from the clock on the wall when it is time: once for each day, at `at` or as soon after as it is asked.

    So a night is neither missed nor run twice where summer time begins or ends, the clock is set back by hours, or the
    machine sleeps beyond midnight. On its first date only if `at` lies ahead.
    """

    def __init__(self, at: time, now: datetime) -> None:
        self._at = at
        self._last = self._latest(now)

    def is_due(self, now: datetime) -> bool:
        """Whether to run now; if so, not again for the same day."""
        latest = self._latest(now)
        due = latest > self._last
        if due or self._last - latest > timedelta(days=1):  # the clock was days ahead
            self._last = latest
        return due

    def _latest(self, now: datetime) -> date:
        """The day on which it was `at` last."""
        return now.date() if now.time() >= self._at else now.date() - timedelta(days=1)


def run_daily(at: time, arguments: Sequence[str]) -> Callable[[], None]:
    """Runs `assistant ARGUMENTS` every day at `at`. Returns what stops it."""
    stop, daily = threading.Event(), Daily(at, datetime.now())

    def loop() -> None:
        while not stop.wait(LOOK_SECONDS):
            if not daily.is_due(datetime.now()):
                continue
            try:
                # -P: what lies in the folder of the shop, such as a queue.py, is not what the libraries import.
                done = subprocess.run([sys.executable, "-P", "-m", "assistant.cli", *arguments], check=False)
            except OSError:  # out of memory or of process ids tonight must not end all later nights
                log.exception("assistant %s could not be started; trying again tomorrow", arguments[0])
            else:
                _tell(arguments[0], done.returncode)

    threading.Thread(target=loop, name="schedule", daemon=True).start()
    return stop.set


def _tell(command: str, code: int) -> None:
    """What became of a run. One that was killed has said nothing itself, and leaves no report."""
    if code < 0:
        why = "; a system that is short of memory does so" if code == -signal.SIGKILL else ""
        log.error("assistant %s was ended by signal %d (%s)%s", command, -code, signal.strsignal(-code), why)
        return
    log.log(logging.ERROR if code in FAILED else logging.INFO, "assistant %s ended with exit code %d", command, code)
