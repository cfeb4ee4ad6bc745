"""What takes long to make and is only read or copied: made by one test process of a run, waited for by the others."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(temporary: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder that `make` has filled, in whichever process of this run came first; nobody may change it."""
    # Each process of a parallel run has a folder of its own inside the folder of the run.
    own = temporary.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder, draft = shared / name, shared / f"{name}.draft"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            shutil.rmtree(draft, ignore_errors=True)  # of a process whose `make` failed
            draft.mkdir()
            make(draft)
            draft.rename(folder)
    return folder
