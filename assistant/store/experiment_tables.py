"""The table of the experiments: which version answered a share of the conversations, from when to when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.columns import Base


class ExperimentRow(Base):
    """At most one is running. `first_message` and `last_message` bound its messages: above the one, up to the other."""

    __tablename__ = "experiments"
    __table_args__ = (
        CheckConstraint("state IN ('running', 'published', 'dropped', 'superseded', 'failed')", name="state"),
        CheckConstraint("share > 0 AND share < 1", name="share"),
        Index("uq_experiments_running", "state", unique=True, sqlite_where=text("state = 'running'")),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"))
    against: Mapped[str] = mapped_column(ForeignKey("versions.id"))
    share: Mapped[float]
    state: Mapped[str]
    started_at: Mapped[datetime]
    started_by: Mapped[str]
    first_message: Mapped[int]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    reason: Mapped[str | None]
    last_message: Mapped[int | None]
