"""Versions, which of them is live, and the history of that."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from assistant.domain import Publication, Version
from assistant.errors import InputError, LiveVersionChangedError
from assistant.store.audit import Audit
from assistant.store.columns import Clock
from assistant.store.experiments import Experiments
from assistant.store.lineage import lineage
from assistant.store.version_tables import LearnedRow, LiveRow, PublicationRow, VersionRow
from assistant.store.writes import changed


class Versions:
    """The rows about model folders; the folders themselves are not the store's business."""

    def __init__(self, session: Session, now: Clock) -> None:
        self._session = session
        self._now = now

    def add(self, version: Version) -> None:
        """Record a version. Raises InputError when its id is taken or its parent is unknown."""
        if self._session.get(VersionRow, version.id) is not None:
            raise InputError(f"version {version.id!r} is already recorded")
        if version.parent is not None:
            self.get(version.parent)
        self._session.add(
            VersionRow(
                id=version.id,
                parent=version.parent,
                created_at=version.created_at,
                state=version.state,
                encoder=version.encoder,
                manifest_sha256=version.manifest_sha256,
                report=version.report,
            )
        )
        self._session.flush()

    def get(self, version_id: str) -> Version:
        """Raises InputError when there is no such version."""
        row = self._session.get(VersionRow, version_id)
        if row is None:
            raise InputError(f"there is no version {version_id[:60]!r}; `assistant versions` lists them")
        return _version(row)

    def all(self) -> list[Version]:
        """Newest first."""
        rows = self._session.scalars(select(VersionRow).order_by(VersionRow.created_at.desc(), VersionRow.id))
        return [_version(row) for row in rows]

    def ids(self) -> set[str]:
        """Of all versions that were recorded."""
        return set(self._session.scalars(select(VersionRow.id)))

    def live(self) -> Version | None:
        """The version that answers now; None before the first publication."""
        row = self._session.scalar(select(VersionRow).join(LiveRow, LiveRow.version_id == VersionRow.id))
        return None if row is None else _version(row)

    def lineage(self, version_id: str) -> list[str]:
        """The version, its parent, its parent's parent and so on. Raises InputError when it is unknown."""
        self.get(version_id)
        tree = lineage(select(VersionRow.id).where(VersionRow.id == version_id))
        return list(self._session.scalars(select(tree.c.id).order_by(tree.c.depth)))

    def publish(
        self,
        version_id: str,
        *,
        expected_live: str | None,
        learned: Sequence[int],
        actor: str,
        kind: str,
        reason: str,
    ) -> None:
        """Make a version live, mark what it has learned and record both; `kind` is publish or rollback.

        Raises LiveVersionChangedError when another version than `expected_live` is live, InputError for an
        unknown or refused version. Nothing is changed then.
        """
        version = self.get(version_id)
        if version.state != "ready":
            raise InputError(f"version {version_id!r} is {version.state} and may not go live")
        if not self._swap(version_id, expected_live):
            found = self._session.scalar(select(LiveRow.version_id))
            raise LiveVersionChangedError(
                f"version {found or 'none'} is live, expected {expected_live or 'none'}:"
                " another process published meanwhile; nothing was changed, start again"
            )
        marks = [{"example_id": number, "version_id": version_id} for number in learned]
        if marks:
            self._session.execute(insert(LearnedRow).on_conflict_do_nothing(), marks)
        self._session.add(
            PublicationRow(
                at=self._now(),
                actor=actor,
                kind=kind,
                from_version=expected_live,
                to_version=version_id,
                reason=reason,
            )
        )
        self._session.flush()
        Audit(self._session, self._now).add(
            actor,
            kind,
            f"version/{version_id}",
            before={"live": expected_live},
            after={"live": version_id, "learned": len(marks), "reason": reason},
        )
        Experiments(self._session, self._now).live_changed(version_id, actor, reason)

    def _swap(self, version_id: str, expected: str | None) -> bool:
        if expected is None:
            first = insert(LiveRow).values(id=1, version_id=version_id).on_conflict_do_nothing()
            return changed(self._session, first) == 1
        swap = update(LiveRow).where(LiveRow.version_id == expected).values(version_id=version_id)
        return changed(self._session, swap) == 1

    def history(self) -> list[Publication]:
        """Every change of the live version, newest first."""
        rows = self._session.scalars(select(PublicationRow).order_by(PublicationRow.id.desc()))
        return [Publication(row.at, row.actor, row.kind, row.from_version, row.to_version, row.reason) for row in rows]


def _version(row: VersionRow) -> Version:
    return Version(row.id, row.parent, row.created_at, row.state, row.encoder, row.manifest_sha256, row.report)
