"""What killed and failed runs leave in the folder of versions."""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path

from assistant.store.unit_of_work import Store, UnitOfWork

log = logging.getLogger(__name__)

DRAFT = ".draft-"
VERSION = re.compile(r"v\d{14}-[0-9a-f]{6}")  # nothing else that somebody may keep there is touched
KEPT_SECONDS = 30 * 24 * 60 * 60  # whoever restored too old a database has time to notice


def sweep(store: Store, folder: Path) -> None:
    """Deletes drafts, and folders of versions that the database has not known for a month.

    Only for who holds the lock: nobody else writes there then, and a run that has lost its lock cannot record what it
    wrote (see `Held.confirm`). A database that knows no version at all is not believed. What cannot be deleted stays
    for the next time.
    """
    found = [each for each in folder.glob("*") if each.name.startswith(DRAFT) or VERSION.fullmatch(each.name)]
    with store.unit(read_only=True) as uow:
        known = uow.versions.ids()
    for left in found:
        if left.name in known:
            with suppress(OSError):  # such as a read-only file system, on which nothing is deleted either
                os.utime(left)  # when it was known last
        elif known and (left.name.startswith(DRAFT) or _is_old(left)):
            log.info("deleting %s, which a run that did not end well left behind", left)
            shutil.rmtree(left, ignore_errors=True)


def unrecorded(uow: UnitOfWork, folder: Path) -> set[str]:
    """The names of folders of versions that the database does not know."""
    return {each.name for each in folder.glob("v*") if VERSION.fullmatch(each.name)} - uow.versions.ids()


def _is_old(folder: Path) -> bool:
    return time.time() - folder.lstat().st_mtime > KEPT_SECONDS
