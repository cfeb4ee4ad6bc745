"""Passwords: what they must look like, hashing and comparing them."""

from __future__ import annotations

import logging
import secrets
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from assistant.errors import InputError

log = logging.getLogger(__name__)

LENGTHS = range(8, 1025)
AT_ONCE = 2  # each takes 64 MiB and all of a core while it is hashed


class Passwords:
    """Argon2 hashes. `hasher` is given by tests only."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = BoundedSemaphore(AT_ONCE)
        # Compared with for unknown names, so that they take as long as known ones.
        self.of_nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def make(self) -> tuple[str, str]:
        """A random password and its hash."""
        chosen = secrets.token_urlsafe(12)
        return chosen, self.hash(chosen)

    def hash(self, password: str) -> str:
        """Raises InputError for a password outside 8 to 1024 characters."""
        if len(password) not in LENGTHS:
            raise InputError(f"a password has 8 to 1024 characters, this one has {len(password)}")
        with self._turns:
            return self._hasher.hash(as_bytes(password))

    def matches(self, hashed: str, password: str) -> bool:
        try:
            with self._turns:
                return self._hasher.verify(hashed, as_bytes(password[: LENGTHS.stop]))
        except VerifyMismatchError:
            return False
        except InvalidHashError:
            log.error("operators.password_hash: one is damaged; `assistant operator reset NAME` makes another")
            return False


def as_bytes(text: str) -> bytes:
    """A browser can send half a surrogate pair, which plain UTF-8 refuses."""
    return text.encode("utf-8", "surrogatepass")
