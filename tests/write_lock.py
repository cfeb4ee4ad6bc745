"""SQLite's write lock as another process sees it: what is computed while it is held, and holding it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import CodeType, FrameType


def computed(database: Path, work: Callable[[], object], codes: Collection[CodeType]) -> tuple[set[str], set[str]]:
    """Which of the functions with these `codes` are called in `work` while others can write, and while nobody can."""
    while_free, while_locked = set[str](), set[str]()
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as other:

        def watch(frame: FrameType, event: str, argument: object) -> None:
            if event != "call" or frame.f_code not in codes:
                return
            try:
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
                while_free.add(frame.f_code.co_name)
            except sqlite3.OperationalError:
                while_locked.add(frame.f_code.co_name)

        before = sys.getprofile()
        sys.setprofile(watch)
        try:
            work()
        finally:
            sys.setprofile(before)
    return while_free, while_locked


HOLD = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
held.execute("ROLLBACK")
"""


@contextmanager
def held_elsewhere(database: Path, seconds: float) -> Iterator[None]:
    """Another process holds the lock from here on, for so many seconds or until the body ends."""
    line = [sys.executable, "-c", HOLD, str(database), str(seconds)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield
        other.kill()
