"""Files that a command leaves behind: asked for before the work, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from assistant.drafts import draft_of, sweep_drafts
from assistant.errors import InputError

# Written as they are: a device that is replaced by a file is lost to every other program.
IN_PLACE = (Path("/dev/stdout"), Path("/dev/null"))


def require_writable(file: Path) -> None:
    """Asked before work that may take minutes. Raises InputError unless `file` can be written, or replaced."""
    if file in IN_PLACE:
        return
    if file.is_dir():
        raise InputError(f"cannot write {file}: it is a folder; name a file in it")
    _require_regular(file)
    if not file.absolute().parent.is_dir():
        raise InputError(f"cannot write {file}: there is no folder {file.absolute().parent}")
    _try(file.absolute().parent, f"cannot write {file}")


def require_folder(folder: Path) -> None:
    """Makes the folder if need be. Raises InputError unless files can be written in it."""
    make_folder(folder)
    _try(folder, f"cannot write in {folder}")


def write_atomically(file: Path, data: bytes) -> None:
    """Writes a file whole or not at all, and its folder if need be.

    Raises InputError when the disk refuses, or when something is there that is no regular file.
    """
    if file not in IN_PLACE:
        _require_regular(file)
    draft = draft_of(file)
    try:
        if file in IN_PLACE:
            with file.open("ab") as handle:
                handle.write(data)
            return
        make_folder(file.parent)
        sweep_drafts(file.parent)
        draft.unlink(missing_ok=True)  # it may be a link that somebody laid there, in a folder such as /tmp
        with draft.open("xb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(file)
    except OSError as error:
        with suppress(OSError):  # the first error is the one to tell
            draft.unlink()
        raise InputError(
            f"{file}: cannot be written ({error.strerror or error}); free some space, or choose another place"
        ) from error


def make_folder(folder: Path) -> None:
    """Makes the folder unless it is there. Raises InputError when the disk refuses."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made a folder ({error.strerror or error}); choose another") from error


def _require_regular(file: Path) -> None:
    if file.exists() and not file.is_file():
        raise InputError(f"cannot write {file}: it is there and no regular file; name another")


def _try(folder: Path, problem: str) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return
    except OSError as error:
        raise InputError(f"{problem}: {error.strerror or error}; choose another place") from error
