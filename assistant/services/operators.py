"""Operators' accounts: passwords, lockout and sessions. Only hashes of secrets reach the store."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from assistant.errors import AccessError, InputError
from assistant.services.views import SignedIn
from assistant.store import Clock, Store, UnitOfWork, utc_now

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
ROLES = ("operator", "lead")
PASSWORD_LENGTHS = range(8, 1025)
FAILURES_BEFORE_LOCKOUT = 5
LOCKOUT = timedelta(minutes=15)
SESSION = timedelta(hours=12)
# One text for every refusal: it must not tell which names exist.
REFUSED = (
    "Name or password is wrong, or too many attempts failed. After five failed attempts an account is"
    " closed for 15 minutes."
)


class Operators:
    """Accounts and sessions. `hasher` and `now` are given by tests only."""

    def __init__(self, store: Store, hasher: PasswordHasher | None = None, now: Clock = utc_now) -> None:
        self._store = store
        self._hasher = hasher or PasswordHasher()
        self._now = now
        # Verified for unknown names, so that they take as long as known ones.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def roles(self) -> list[tuple[str, str]]:
        """Name and role of everybody who may sign in, by name."""
        with self._store.unit(read_only=True) as uow:
            return uow.operators.roles()

    def create(
        self, name: str, password: str | None = None, role: str = "operator", *, actor: str | None = None
    ) -> str:
        """A new account, made by `actor` (by itself unless given); returns its password, a random one unless given.

        Raises InputError for a malformed or taken name, an unknown role, or a password outside 8 to 1024
        characters.
        """
        if not NAME.fullmatch(name):
            raise InputError(f"operator name {name!r}: use 1 to 64 letters, digits and . _ @ -")
        if role not in ROLES:
            raise InputError(f"unknown role {role!r}; choose one of: {', '.join(ROLES)}")
        chosen, hashed = self._password(password)
        with self._store.unit() as uow:
            uow.operators.add(name, hashed, role)
            uow.audit.add(actor or name, "create_operator", f"operator/{name}", after={"role": role})
        return chosen

    def reset_password(self, name: str, *, actor: str | None = None) -> str:
        """A new random password, by `actor` (by itself unless given); ends sessions and lockout.

        Raises InputError for an unknown name.
        """
        chosen, hashed = self._password(None)
        with self._store.unit() as uow:
            known = uow.operators.all()
            if name not in known:
                raise InputError(f"there is no operator {name!r}; known: {', '.join(known) or 'none'}")
            uow.operators.set_password(name, hashed)
            uow.audit.add(actor or name, "reset_password", f"operator/{name}")
        return chosen

    def sign_in(self, name: str, password: str) -> SignedIn:
        """Open a session of 12 hours. Raises AccessError, with one text whatever the reason."""
        known = NAME.fullmatch(name) is not None
        with self._store.unit(read_only=True) as uow:
            operator = uow.operators.get(name) if known else None
        # Outside a transaction: this takes tens of milliseconds on purpose.
        right = self._matches(operator.password_hash if operator else self._nobody, password)
        signed_in: SignedIn | None = None
        if operator is not None:
            with self._store.unit() as uow:
                signed_in = self._settle(uow, name, operator.password_hash, right)
        if signed_in is None:
            raise AccessError(REFUSED)
        return signed_in

    def session(self, token: str) -> SignedIn | None:
        """Who holds this token; None when nobody does (any more)."""
        with self._store.unit(read_only=True) as uow:
            found = uow.operators.session(_digest(token))
        if found is None:
            return None
        return SignedIn(token, found.csrf, found.operator, found.role, found.expires_at)

    def sign_out(self, token: str) -> None:
        """End the session of this token, if there is one."""
        with self._store.unit() as uow:
            uow.operators.end_session(_digest(token))

    def _settle(self, uow: UnitOfWork, name: str, verified: str, right: bool) -> SignedIn | None:
        # Read again: attempts made at the same time count too, and so does a reset in between.
        operator = uow.operators.get(name)
        if operator is None or _is_locked(operator.locked_until, self._now()):
            return None
        if right and operator.password_hash == verified:
            uow.operators.set_failures(name, 0, None)
            opened = SignedIn(
                secrets.token_urlsafe(32),
                secrets.token_urlsafe(32),
                name,
                operator.role,
                self._now() + SESSION,
            )
            uow.operators.add_session(_digest(opened.token), name, opened.csrf, opened.expires_at)
            return opened
        failures = operator.failures + 1
        if failures < FAILURES_BEFORE_LOCKOUT:
            uow.operators.set_failures(name, failures, None)
        else:
            uow.operators.set_failures(name, 0, self._now() + LOCKOUT)
            uow.audit.add(name, "lockout", f"operator/{name}")
        return None

    def _password(self, given: str | None) -> tuple[str, str]:
        chosen = secrets.token_urlsafe(12) if given is None else given
        if len(chosen) not in PASSWORD_LENGTHS:
            raise InputError(f"a password has 8 to 1024 characters, this one has {len(chosen)}")
        return chosen, self._hasher.hash(_bytes(chosen))

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, _bytes(password[: PASSWORD_LENGTHS.stop]))
        except VerifyMismatchError:
            return False


def _is_locked(until: datetime | None, now: datetime) -> bool:
    return until is not None and until > now


def _bytes(text: str) -> bytes:
    # A browser can send half a surrogate pair, which plain UTF-8 refuses.
    return text.encode("utf-8", "surrogatepass")


def _digest(token: str) -> str:
    return hashlib.sha256(_bytes(token)).hexdigest()
