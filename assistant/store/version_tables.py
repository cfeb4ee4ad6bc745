"""The tables about versions: what exists, what answers now, what each has learned, and who holds a lock."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.columns import Base
from assistant.store.json_columns import Report


class VersionRow(Base):
    __tablename__ = "versions"
    __table_args__ = (
        CheckConstraint("state IN ('ready', 'refused')", name="state"),
        CheckConstraint("parent <> id", name="parent"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    parent: Mapped[str | None] = mapped_column(ForeignKey("versions.id"))
    created_at: Mapped[datetime]
    state: Mapped[str]
    encoder: Mapped[str]
    manifest_sha256: Mapped[str]
    report: Mapped[dict[str, object]] = mapped_column(Report())


class LearnedRow(Base):
    """An example that was first learned by a version; its descendants know it too."""

    __tablename__ = "learned"
    __table_args__ = (Index("ix_learned_version", "version_id"),)

    example_id: Mapped[int] = mapped_column(ForeignKey("examples.id"), primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"), primary_key=True)


class LiveRow(Base):
    """At most one row: the version that answers now."""

    __tablename__ = "live"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"))


class PublicationRow(Base):
    __tablename__ = "publications"
    __table_args__ = (CheckConstraint("kind IN ('publish', 'rollback')", name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    kind: Mapped[str]
    from_version: Mapped[str | None] = mapped_column(ForeignKey("versions.id"))
    to_version: Mapped[str] = mapped_column(ForeignKey("versions.id"))
    reason: Mapped[str]


class LockRow(Base):
    __tablename__ = "locks"

    name: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str]
    expires_at: Mapped[datetime]
