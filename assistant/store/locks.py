"""Named locks that expire, so that a run that died does not block the next one for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import UpdateBase, delete, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from assistant.store.columns import Clock
from assistant.store.version_tables import LockRow
from assistant.store.writes import changed


class Locks:
    """`owner` must be unique to one run: a lock is not re-entrant."""

    def __init__(self, session: Session, now: Clock) -> None:
        self._session = session
        self._now = now

    def acquire(self, name: str, owner: str, seconds: float) -> bool:
        """Take the lock for `seconds` (> 0) if it is free or expired; one atomic statement."""
        values = {"owner": owner, "expires_at": self._until(seconds)}
        statement = insert(LockRow).values(name=name, **values)
        return self._changed(
            statement.on_conflict_do_update(
                index_elements=[LockRow.name], set_=values, where=LockRow.expires_at <= self._now()
            )
        )

    def renew(self, name: str, owner: str, seconds: float) -> bool:
        """Keep a lock for `seconds` (> 0) from now. False when it is no longer this owner's: stop."""
        mine = (LockRow.name == name, LockRow.owner == owner, LockRow.expires_at > self._now())
        return self._changed(update(LockRow).where(*mine).values(expires_at=self._until(seconds)))

    def release(self, name: str, owner: str) -> None:
        """Free the lock if this owner holds it; otherwise nothing happens."""
        self._session.execute(delete(LockRow).where(LockRow.name == name, LockRow.owner == owner))

    def holder(self, name: str) -> tuple[str, datetime] | None:
        """Owner and expiry of a lock that is held now."""
        row = self._session.execute(
            select(LockRow.owner, LockRow.expires_at).where(LockRow.name == name, LockRow.expires_at > self._now())
        ).one_or_none()
        return None if row is None else (row.owner, row.expires_at)

    def _until(self, seconds: float) -> datetime:
        if seconds <= 0:
            raise ValueError(f"a lock lasts more than 0 seconds, not {seconds}")
        return self._now() + timedelta(seconds=seconds)

    def _changed(self, statement: UpdateBase) -> bool:
        return changed(self._session, statement) == 1
