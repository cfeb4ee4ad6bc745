"""Freed memory goes back to the system, so that the peak of a night is what the night holds."""

from __future__ import annotations

import ctypes
import sys

LARGE = 4 * 2**20  # bytes from which a block is mapped by itself, and unmapped as soon as it is freed
MMAP_THRESHOLD = -3  # glibc's M_MMAP_THRESHOLD


def give_back_what_is_freed() -> None:
    """Of this whole process, from now on; does nothing where the C library is not glibc.

    Left alone, glibc keeps freed blocks of up to 32 MB for itself (mallopt(3), M_MMAP_THRESHOLD), which is where the
    matrices of an update lie: some hundred MB in holes that the larger parts that follow do not fit into.
    """
    _call("mallopt", MMAP_THRESHOLD, LARGE)


def give_back_what_was_freed() -> None:
    """Of this whole process, until now; does nothing where the C library is not glibc.

    What learns and then goes on for weeks would hold it all the while: after a first version of a thousand intents more
    than a gigabyte.
    """
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    """A function of the C library, where it has it."""
    if not sys.platform.startswith("linux"):
        return
    function = getattr(ctypes.CDLL(None), name, None)
    if function is not None:
        function(*arguments)
