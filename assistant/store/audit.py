"""Who did what, when, and what it was before. Rows are only ever added."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, Text, cast, exists, literal, select
from sqlalchemy.orm import Session, aliased

from assistant.store.columns import Clock
from assistant.store.records import AuditEntry
from assistant.store.tables import AuditRow

UNDO = "undo"


class Audit:
    """The log of what people did. An action is undone at most once, by an entry that points at it."""

    def __init__(self, session: Session, now: Clock) -> None:
        self._session = session
        self._now = now

    def add(
        self,
        actor: str,
        action: str,
        subject: str,
        before: dict[str, object] | None = None,
        after: dict[str, object] | None = None,
    ) -> int:
        """Record an action; returns its id."""
        row = AuditRow(at=self._now(), actor=actor, action=action, subject=subject, before=before, after=after)
        self._session.add(row)
        self._session.flush()
        return row.id

    def of_subject(self, subject: str, action: str) -> list[AuditEntry]:
        """What happened to one subject by this action, newest first."""
        statement = select(AuditRow).where(AuditRow.subject == subject, AuditRow.action == action)
        return [_entry(row) for row in self._session.scalars(statement.order_by(AuditRow.id.desc()))]

    def matching(self, *, actor: str = "", action: str = "", limit: int = 100, offset: int = 0) -> list[AuditEntry]:
        """Entries of this actor and action (all where empty), newest first."""
        statement = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit).offset(offset)
        for column, value in ((AuditRow.actor, actor), (AuditRow.action, action)):
            statement = statement.where(column == value) if value else statement
        return [_entry(row) for row in self._session.scalars(statement)]

    def after(self, entry_id: int, limit: int) -> list[AuditEntry]:
        """The first `limit` entries after this one, oldest first."""
        statement = select(AuditRow).where(AuditRow.id > entry_id).order_by(AuditRow.id).limit(limit)
        return [_entry(row) for row in self._session.scalars(statement)]

    def actors(self) -> list[str]:
        """Everybody who ever did something, sorted."""
        return list(self._session.scalars(select(AuditRow.actor).distinct().order_by(AuditRow.actor)))

    def actions(self) -> list[str]:
        """All kinds of actions that happened, sorted."""
        return list(self._session.scalars(select(AuditRow.action).distinct().order_by(AuditRow.action)))

    def latest_standing(self, actor: str, actions: Iterable[str]) -> AuditEntry | None:
        """The newest of these actions by `actor` that was not undone."""
        theirs = _standing(actions).where(AuditRow.actor == actor)
        row = self._session.scalar(theirs.order_by(AuditRow.id.desc()).limit(1))
        return None if row is None else _entry(row)

    def standing_after(self, entry_id: int, actions: Iterable[str]) -> list[AuditEntry]:
        """Those of these actions after this entry, by whomever, that were not undone; oldest first."""
        later = _standing(actions).where(AuditRow.id > entry_id)
        return [_entry(row) for row in self._session.scalars(later.order_by(AuditRow.id))]

    def undos_after(self, entry_id: int) -> list[AuditEntry]:
        """What was undone after this entry, oldest first."""
        undone = select(AuditRow).where(AuditRow.id > entry_id, AuditRow.action == UNDO)
        return [_entry(row) for row in self._session.scalars(undone.order_by(AuditRow.id))]

    def add_undo(self, actor: str, entry: AuditEntry) -> int:
        """Record that `entry` was undone: its `before` is true again."""
        return self.add(actor, UNDO, f"audit/{entry.id}", before=entry.after, after=entry.before)


def _standing(actions: Iterable[str]) -> Select[AuditRow]:
    undone = aliased(AuditRow)
    was_undone = exists().where(
        undone.action == UNDO, undone.subject == literal("audit/").concat(cast(AuditRow.id, Text))
    )
    return select(AuditRow).where(AuditRow.action.in_(list(actions)), ~was_undone)


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(row.id, row.at, row.actor, row.action, row.subject, row.before, row.after)
