"""Operators' accounts and their signed-in sessions. Secrets arrive here already hashed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Update, delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session as DatabaseSession

from assistant.errors import InputError
from assistant.store.columns import Clock
from assistant.store.records import Operator, Session
from assistant.store.tables import OperatorRow, SessionRow
from assistant.store.writes import changed


class Operators:
    """Accounts and sessions; what a password or a token must look like is not decided here."""

    def __init__(self, session: DatabaseSession, now: Clock) -> None:
        self._session = session
        self._now = now

    def add(self, name: str, password_hash: str, role: str) -> None:
        """Raises InputError when the name is taken."""
        row = {"name": name, "password_hash": password_hash, "role": role, "created_at": self._now()}
        fresh = insert(OperatorRow).values(**row, failures=0).on_conflict_do_nothing()
        if changed(self._session, fresh) != 1:
            raise InputError(f"operator {name!r} already exists; choose another name or reset the password")

    def get(self, name: str) -> Operator | None:
        row = self._session.get(OperatorRow, name, populate_existing=True)
        return None if row is None else _operator(row)

    def all(self) -> list[Operator]:
        """Everybody, removed people too, by name."""
        rows = self._session.scalars(
            select(OperatorRow).order_by(OperatorRow.name).execution_options(populate_existing=True)
        )
        return [_operator(row) for row in rows]

    def set_role(self, name: str, role: str) -> None:
        self._session.execute(_this(name).values(role=role))

    def set_removed(self, name: str, is_removed: bool) -> None:
        """Whether the account is closed; closing it ends its sessions."""
        self._session.execute(_this(name).values(removed_at=self._now() if is_removed else None))
        if is_removed:
            self.end_sessions(name)

    def set_password(self, name: str, password_hash: str) -> None:
        """Replace the password and forget the failures."""
        self._session.execute(_this(name).values(password_hash=password_hash))
        self.set_failures(name, 0, None)

    def set_failures(self, name: str, failures: int, until: datetime | None) -> None:
        """How often in a row the password was wrong, from wherever, and until when that counts."""
        self._session.execute(_this(name).values(failures=failures, failures_until=until))

    def add_session(self, token_hash: str, operator: str, csrf: str, expires_at: datetime) -> None:
        """Record a session, and forget those that have expired."""
        self._session.execute(delete(SessionRow).where(SessionRow.expires_at <= self._now()))
        row = SessionRow(
            token_hash=token_hash, operator=operator, csrf=csrf, created_at=self._now(), expires_at=expires_at
        )
        self._session.add(row)
        self._session.flush()

    def session(self, token_hash: str) -> Session | None:
        """The session of a token, unless it has expired."""
        row = self._session.execute(
            select(SessionRow.operator, OperatorRow.role, SessionRow.csrf, SessionRow.expires_at)
            .join(OperatorRow, OperatorRow.name == SessionRow.operator)
            .where(SessionRow.token_hash == token_hash, SessionRow.expires_at > self._now())
        ).one_or_none()
        return None if row is None else Session(row.operator, row.role, row.csrf, row.expires_at)

    def end_session(self, token_hash: str) -> None:
        self._session.execute(delete(SessionRow).where(SessionRow.token_hash == token_hash))

    def end_sessions(self, name: str, *, but: str | None = None) -> None:
        """End every session of this operator, `but` (the hash of its token) excepted."""
        theirs = delete(SessionRow).where(SessionRow.operator == name)
        self._session.execute(theirs if but is None else theirs.where(SessionRow.token_hash != but))


def _operator(row: OperatorRow) -> Operator:
    return Operator(row.name, row.password_hash, row.role, row.failures, row.failures_until, row.removed_at)


def _this(name: str) -> Update:
    return update(OperatorRow).where(OperatorRow.name == name)
