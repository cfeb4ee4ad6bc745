"""Operators' accounts, lockout and sessions. Only hashes of secrets reach the store."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from argon2 import PasswordHasher

from assistant.errors import AccessError, InputError, SlowedError
from assistant.services.accounts.failures import BEFORE_LOCKOUT, LOCKOUT, Door, Failures
from assistant.services.accounts.passwords import Passwords, as_bytes
from assistant.services.views import Person, SignedIn
from assistant.store import Clock, Operator, Store, UnitOfWork, utc_now

T = TypeVar("T")

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
LEAD = "lead"
ROLES = ("operator", LEAD)
FAILURES_BEFORE_SLOWING = 25  # from all addresses: whoever has many is slowed, and nobody is locked out
SESSION = timedelta(hours=12)
HERE = "here"  # where somebody signs in who comes by no network
EVERYWHERE = "everywhere"
DESK = "desk"  # where somebody is who has signed in
# One text for every refusal: it must not tell which names exist.
REFUSED = (
    "Name or password is wrong, or too many attempts failed. After five failed attempts from one network address an"
    " account is closed to it for 15 minutes."
)
NOT_CHANGED = (
    "The present password is wrong, or too many attempts failed; it was not changed. After five failed attempts"
    " changing it is closed for 15 minutes."
)


class Operators:
    """Accounts and sessions; `actor` is who does it, the person themselves unless given.

    `hasher` and `now` are given by tests only. An unknown name raises InputError.
    """

    def __init__(self, store: Store, hasher: PasswordHasher | None = None, now: Clock = utc_now) -> None:
        self._store = store
        self._passwords = Passwords(hasher)
        self._failures = Failures(now)
        self._now = now

    def people(self) -> list[Person]:
        """Everybody who may sign in or once could, by name."""
        with self._store.unit(read_only=True) as uow:
            return [Person(one.name, one.role, one.removed_at is not None) for one in uow.operators.all()]

    def create(
        self, name: str, password: str | None = None, role: str = "operator", *, actor: str | None = None
    ) -> str:
        """A new account; returns its password, a random one unless given.

        Raises InputError for a malformed or taken name, an unknown role, or a password outside 8 to 1024
        characters.
        """
        if not NAME.fullmatch(name):
            raise InputError(f"operator name {name[:80]!r}: use 1 to 64 letters from a to z, digits and . _ @ -")
        _check_role(role)
        chosen, hashed = self._passwords.make() if password is None else (password, self._passwords.hash(password))
        with self._store.unit() as uow:
            known = uow.operators.get(name)
            if known is not None and known.removed_at is not None:
                raise InputError(f"operator {name!r} was removed; take them back, or choose another name")
            uow.operators.add(name, hashed, role)
            uow.audit.add(actor or name, "create_operator", f"operator/{name}", after={"role": role})
        return chosen

    def reset_password(self, name: str, *, actor: str | None = None) -> str:
        """A new random password; ends sessions and lockout."""
        chosen, hashed = self._passwords.make()
        with self._store.unit() as uow:
            _present(uow, name)
            uow.operators.set_password(name, hashed)
            uow.operators.end_sessions(name)
            uow.audit.add(actor or name, "reset_password", f"operator/{name}")
        return chosen

    def change_password(self, session: SignedIn, present: str, new: str) -> None:
        """Everyone's own; ends their other sessions.

        Raises InputError for a new password that is the present one or outside 8 to 1024 characters, AccessError when
        `present` is wrong. After five wrong ones it is closed for a while: who finds an open desk cannot guess on.
        """
        if new == present:
            raise InputError("the new password is the present one; choose another")
        hashed = self._passwords.hash(new)

        def change(uow: UnitOfWork, operator: Operator) -> bool:
            uow.operators.set_password(operator.name, hashed)
            uow.operators.end_sessions(operator.name, but=_digest(session.token))
            uow.audit.add(operator.name, "change_password", f"operator/{operator.name}")
            return True

        self._verified(session.name, present, DESK, change, NOT_CHANGED)

    def change_role(self, name: str, role: str, *, actor: str) -> None:
        """From the next thing on that they do. Raises InputError for an unknown role and for the only lead."""
        _check_role(role)
        with self._store.unit() as uow:
            before = _present(uow, name)
            if before.role == role:
                raise InputError(f"operator {name!r} has the role {role!r} already")
            _keep_a_lead(uow, before)
            uow.operators.set_role(name, role)
            uow.audit.add(actor, "change_role", f"operator/{name}", {"role": before.role}, {"role": role})

    def remove(self, name: str, *, actor: str) -> None:
        """They are signed out at once and cannot sign in; what they did stays under their name.

        Raises InputError for the only lead.
        """
        with self._store.unit() as uow:
            _keep_a_lead(uow, _present(uow, name))
            uow.operators.set_removed(name, True)
            uow.audit.add(actor, "remove_operator", f"operator/{name}", {"removed": False}, {"removed": True})

    def take_back(self, name: str, *, actor: str) -> str:
        """A removed person may sign in again, in the role they had, with the new password that this returns."""
        chosen, hashed = self._passwords.make()
        with self._store.unit() as uow:
            if _known(uow, name).removed_at is None:
                raise InputError(f"operator {name!r} was not removed")
            uow.operators.set_removed(name, False)
            uow.operators.set_password(name, hashed)
            uow.audit.add(actor, "take_back_operator", f"operator/{name}", {"removed": True}, {"removed": False})
        return chosen

    def sign_in(self, name: str, password: str, where: str = HERE) -> SignedIn:
        """Open a session of 12 hours. `where` tells places apart that may be guessing, such as network addresses.

        Raises AccessError, with one text whatever the reason; SlowedError after many failures from everywhere.
        """

        def enter(uow: UnitOfWork, operator: Operator) -> SignedIn:
            token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
            opened = SignedIn(token, csrf, operator.name, operator.role, self._now() + SESSION)
            uow.operators.add_session(_digest(token), operator.name, csrf, opened.expires_at)
            return opened

        return self._verified(name, password, where, enter, REFUSED)

    def session(self, token: str) -> SignedIn | None:
        """Who holds this token; None when nobody does (any more)."""
        with self._store.unit(read_only=True) as uow:
            found = uow.operators.session(_digest(token))
        # Opened by a clock that was a year ahead and set right since, it would last that year.
        if found is None or found.expires_at > self._now() + 2 * SESSION:
            return None
        return SignedIn(token, found.csrf, found.operator, found.role, found.expires_at)

    def sign_out(self, token: str) -> None:
        """End the session of this token, if there is one."""
        with self._store.unit() as uow:
            uow.operators.end_session(_digest(token))

    def _verified(
        self, name: str, password: str, where: str, act: Callable[[UnitOfWork, Operator], T], refused: str
    ) -> T:
        """What `act` does with the account when the password is right; raises AccessError(`refused`) when not."""
        with self._store.unit(read_only=True) as uow:
            seen = uow.operators.get(name) if NAME.fullmatch(name) else None
        # Outside a transaction: this takes tens of milliseconds on purpose.
        right = self._passwords.matches(seen.password_hash if seen else self._passwords.of_nobody, password)
        if seen is None or seen.removed_at is not None:
            with self._store.unit():  # whoever may sign in waits for the one who writes, such as an import
                failures = self._count_stranger(name, where)
            raise _refusal(refused, failures)
        door = (seen.password_hash, where)
        with self._store.unit() as uow:
            # Read again: attempts made at the same time count too, and so does a reset in between.
            now = uow.operators.get(name)
            if now is None or now.removed_at is not None or self._failures.is_shut(door):
                raise AccessError(refused)
            if right and now.password_hash == seen.password_hash:
                self._failures.clear(door)
                uow.operators.set_failures(name, 0, None)
                return act(uow, now)
            failures = self._count_failure(uow, now, door)
        raise _refusal(refused, failures)

    def _count_failure(self, uow: UnitOfWork, operator: Operator, door: Door) -> int:
        """How many it is now, from everywhere."""
        counts = operator.failures_until is not None and operator.failures_until > self._now()
        failures = 1 + (operator.failures if counts else 0)
        uow.operators.set_failures(operator.name, failures, self._now() + LOCKOUT)
        if self._failures.add(door) == BEFORE_LOCKOUT:
            uow.audit.add(operator.name, "lockout", f"operator/{operator.name}")
        return failures

    def _count_stranger(self, name: str, where: str) -> int:
        """As `_count_failure`, for a name that may not sign in: a refusal that came sooner would tell."""
        if self._failures.is_shut((name, where)):
            return 0
        self._failures.add((name, where))
        return self._failures.add((name, EVERYWHERE))


def _refusal(text: str, failures: int) -> AccessError:
    return SlowedError(text) if failures > FAILURES_BEFORE_SLOWING else AccessError(text)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise InputError(f"unknown role {role!r}; choose one of: {', '.join(ROLES)}")


def _known(uow: UnitOfWork, name: str) -> Operator:
    found = uow.operators.get(name)
    if found is None:
        names = ", ".join(one.name for one in uow.operators.all())
        raise InputError(f"there is no operator {name!r}; known: {names or 'none'}")
    return found


def _present(uow: UnitOfWork, name: str) -> Operator:
    found = _known(uow, name)
    if found.removed_at is not None:
        raise InputError(f"operator {name!r} was removed; take them back first")
    return found


def _keep_a_lead(uow: UnitOfWork, leaving: Operator) -> None:
    leads = [one.name for one in uow.operators.all() if one.role == LEAD and one.removed_at is None]
    if leads == [leaving.name]:
        raise InputError(f"operator {leaving.name!r} is the only lead; make somebody else a lead first")


def _digest(token: str) -> str:
    return hashlib.sha256(as_bytes(token)).hexdigest()
