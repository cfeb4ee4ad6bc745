"""SQLite's write lock as another process sees it: what is computed while it is held, and holding it."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Collection
from contextlib import closing
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
