"""The tables about proposed intents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.columns import Base
from assistant.store.json_columns import Contrast, Terms


class ProposalRow(Base):
    """A group of messages that may be a new intent. `centre` is its mean embedding under `encoder`.

    `intent` is what an approved or merged one became.
    """

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint("status IN ('open', 'approved', 'merged', 'dismissed')", name="status"),
        Index("ix_proposals_status", "status"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
    name: Mapped[str]
    terms: Mapped[list[str]] = mapped_column(Terms())
    contrast: Mapped[dict[str, object] | None] = mapped_column(Contrast())
    encoder: Mapped[str]
    centre: Mapped[bytes]
    found_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    intent: Mapped[str | None] = mapped_column(ForeignKey("intents.name"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]


class ProposalMemberRow(Base):
    """A message of a proposal; `place` 0 is the most typical."""

    __tablename__ = "proposal_members"
    __table_args__ = (Index("ix_proposal_members_message", "message_id"),)

    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    place: Mapped[int]
