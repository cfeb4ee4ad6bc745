"""The table of what the monitors measured."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.columns import Base


class DriftRow(Base):
    """One monitor on one window of one version's messages, with the band that the version calls usual."""

    __tablename__ = "drift_scores"
    __table_args__ = (UniqueConstraint("version_id", "monitor", "last_message"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"))
    monitor: Mapped[str]
    first_message: Mapped[int]
    last_message: Mapped[int]
    at: Mapped[datetime]
    score: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
