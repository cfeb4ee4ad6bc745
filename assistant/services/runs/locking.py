"""One run at a time: a lock with owner and expiry that a killed run does not hold for ever."""

from __future__ import annotations

import logging
import os
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import LockedError, StoreError
from assistant.store.unit_of_work import Store, UnitOfWork

if TYPE_CHECKING:
    from assistant.services.runs.work import Progress

log = logging.getLogger(__name__)

NAME = "update"  # whatever makes a version takes this lock: retrain and encoder switch
RELEASE_TRIES = 3  # each waits as long as the store does for a database that others write to
RELEASE_PAUSE = 1.0  # seconds between two tries

_at_work: set[str] = set()  # the owners that are runs of this very process


class Held:
    """The lock, in the hands of the run that `owner` names, for `seconds` from the last renewal."""

    def __init__(self, store: Store, owner: str, seconds: float) -> None:
        self._store, self._owner, self._seconds = store, owner, seconds
        self._renewed = time.monotonic()

    def renew(self) -> None:
        """To be called now and then. Raises LockedError when another run has taken the lock meanwhile."""
        if time.monotonic() - self._renewed < self._seconds / 10:
            return
        with self._store.unit() as uow:
            self.confirm(uow)
        self._renewed = time.monotonic()

    def renewing(self, progress: Progress) -> Progress:
        """`progress`, each report of which renews the lock first."""

        def both(what: str, done: int, total: int) -> None:
            self.renew()
            progress(what, done, total)

        return both

    def confirm(self, uow: UnitOfWork) -> None:
        """Renews it in a transaction that shall not happen without it. Raises LockedError as `renew` does."""
        # Expired while the machine slept, and nobody took it meanwhile: it is taken again.
        held = uow.locks.renew(NAME, self._owner, self._seconds) or uow.locks.acquire(NAME, self._owner, self._seconds)
        if not held:
            raise LockedError("the lock of this run was lost to another one; nothing was published")


@contextmanager
def locked(store: Store, seconds: float) -> Iterator[Held]:
    """Holds the lock for the body.

    Raises LockedError naming owner and expiry when another run holds it. A holder on this machine that is gone (killed,
    power cut, or a run of this process that has ended) is replaced at once; elsewhere after `seconds`.
    """
    pid = os.getpid()
    owner = f"{socket.gethostname()}:{pid}:{_started(pid)}:{uuid.uuid4().hex[:8]}"
    with store.unit() as uow:
        held = uow.locks.holder(NAME)
        if held and _is_gone(held[0]):
            uow.locks.release(NAME, held[0])
        if not uow.locks.acquire(NAME, owner, seconds):
            raise LockedError(_held(uow.locks.holder(NAME)))
        _at_work.add(owner)
    try:
        yield Held(store, owner, seconds)
    finally:
        _release(store, owner)
        _at_work.discard(owner)


def require_free(store: Store) -> None:
    """Raises LockedError when another run holds the lock. Writes nothing."""
    with store.unit(read_only=True) as uow:
        held = uow.locks.holder(NAME)
    if held and not _is_gone(held[0]):
        raise LockedError(_held(held))


def _release(store: Store, owner: str) -> None:
    """Frees the lock, also when others write for a while. Never raises: what the run did is done, or has its error."""
    for left in reversed(range(RELEASE_TRIES)):
        try:
            with store.unit() as uow:
                uow.locks.release(NAME, owner)
            return
        except StoreError as error:
            if not left:
                log.warning("the lock of this run stays until it expires or this process ends: %s", error)
                return
        time.sleep(RELEASE_PAUSE)


def _held(holder: tuple[str, object] | None) -> str:
    owner, expires = holder or ("another run", "soon")
    return f"another run is at work (owner {owner}, its lock expires at {expires}); try again when it has ended"


def _is_gone(owner: str) -> bool:
    """Whether the owner was a run of this machine that no longer goes on."""
    host, _, rest = owner.partition(":")
    pid, _, rest = rest.partition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return owner not in _at_work
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    # A restarted container has the host name of before and gives out the same process ids again.
    return _is_zombie(int(pid)) or _started(int(pid)) != rest.partition(":")[0]


def _is_zombie(pid: int) -> bool:
    """A killed child that its parent has not collected yet still answers signals; /proc tells."""
    return _stat(pid)[:1] == ["Z"]


def _started(pid: int) -> str:
    """When the process started, in the kernel's ticks; empty where there is no /proc."""
    return "".join(_stat(pid)[19:20])


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on, none where there is no such file."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
