"""Failed attempts by whom and from where. Where too many came from is shut for a while; everywhere else stays open."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from assistant.store import Clock

BEFORE_LOCKOUT = 5
LOCKOUT = timedelta(minutes=15)
# The hash of the password that was tried, so that a new one starts afresh in whichever process it was set, or the name
# of nobody; and where.
Door = tuple[str, str]


class Failures:
    """Kept in memory and forgotten 15 minutes after the last one: nobody's address is worth keeping for longer."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._lock = Lock()
        self._counted: dict[Door, tuple[int, datetime]] = {}  # how many, and when the last one; the latest at the end

    def is_shut(self, door: Door) -> bool:
        """Whether five attempts failed here."""
        with self._lock:
            self._forget()
            return self._counted.get(door, (0,))[0] >= BEFORE_LOCKOUT

    def add(self, door: Door) -> int:
        """Counts a failure here; how many it is now. The fifth shuts the door."""
        with self._lock:
            self._forget()
            count, _ = self._counted.pop(door, (0, None))
            self._counted[door] = (count + 1, self._now())
            return count + 1

    def clear(self, door: Door) -> None:
        """Forgets the failures here."""
        with self._lock:
            self._counted.pop(door, None)

    def _forget(self) -> None:
        now = self._now()
        while self._counted:
            door, (_, last) = next(iter(self._counted.items()))
            if now - LOCKOUT < last <= now:  # one of a clock that was set back since would stay, and all after it
                return
            del self._counted[door]
