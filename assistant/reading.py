"""Reading a file that a person named or that others can reach: whole, and never what does not end."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

LARGEST = 256 * 2**20  # bytes; rows of that many take some gigabytes of memory


def read_whole(path: Path, most: int | None = LARGEST) -> bytes:
    """The content of a regular file of `most` bytes, or of any size.

    Raises OSError, whose `strerror` says what is there in place of one: a pipe would keep its reader waiting for ever,
    a device such as /dev/zero fills the memory.
    """
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(found.st_mode):
        kind = "a pipe" if stat.S_ISFIFO(found.st_mode) else "a device or a socket"
        raise OSError(errno.EINVAL, f"it is {kind}, which may never end", str(path))
    if most is not None and found.st_size > most:
        size = f"it has {found.st_size:,} bytes, more than the {most:,} that are read at once"
        raise OSError(errno.EFBIG, size, str(path))
    return path.read_bytes()
