"""What is written under another name until it is whole, and what processes that were killed left of that."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path

OWNED = re.compile(r"\.draft-(\d{1,10})-.+", re.DOTALL)


def draft_of(place: Path) -> Path:
    """Beside `place` and of this process alone: two that write the same do not write into each other's."""
    return place.with_name(f".draft-{os.getpid()}-{place.name}")


def sweep_drafts(folder: Path) -> None:
    """Deletes the drafts there whose process is gone. What cannot be deleted stays for the next time."""
    with suppress(OSError):
        for left in folder.iterdir():
            owner = OWNED.fullmatch(left.name)
            if owner and _is_gone(int(owner[1])):
                _delete(left)


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # somebody else's, or no number of a process
        return False
    return False


def _delete(left: Path) -> None:
    if left.is_dir() and not left.is_symlink():
        shutil.rmtree(left, ignore_errors=True)
        return
    with suppress(OSError):
        left.unlink()
