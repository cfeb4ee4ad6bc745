"""The tables. `migrations/` builds the same schema step by step; a test holds the two together."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from assistant.store.columns import Base


class IntentRow(Base):
    __tablename__ = "intents"
    __table_args__ = (CheckConstraint("action IN ('answer', 'hand_over')", name="action"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    answer: Mapped[str]
    description: Mapped[str]
    action: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class ConversationRow(Base):
    __tablename__ = "conversations"
    __table_args__ = (CheckConstraint("state IN ('bot', 'waiting')", name="state"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    state: Mapped[str]
    failures: Mapped[int]


class MessageRow(Base):
    """A turn. On a bot row `scores` holds the intents it offered, on a user row what the model said.

    `attention` (0 first, null = not queued) repeats what signals, confidence and decision say, so that
    the queue is one index range.
    """

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint("role IN ('user', 'bot', 'system')", name="role"),
        Index("ix_messages_conversation", "conversation_id", "id"),
        Index(
            "ix_messages_queue",
            "attention",
            "confidence",
            "id",
            sqlite_where=text("attention IS NOT NULL AND handled_at IS NULL AND skipped_at IS NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    role: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]
    embedding: Mapped[bytes | None]
    encoder: Mapped[str | None]
    scores: Mapped[list[list[object]] | None]
    confidence: Mapped[float | None]
    outside_score: Mapped[float | None]
    thresholds: Mapped[dict[str, object] | None]
    decision: Mapped[str | None]
    intent: Mapped[str | None]
    version: Mapped[str | None]
    reply_to: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    attention: Mapped[int | None]
    skipped_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]


class SignalRow(Base):
    """What the customer let us know, kept on the customer's message that the answer replied to."""

    __tablename__ = "signals"
    __table_args__ = (UniqueConstraint("message_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    kind: Mapped[str]
    created_at: Mapped[datetime]
    comment: Mapped[str | None]


class ExampleRow(Base):
    """A labelled text. At most one active row (not undone) per text."""

    __tablename__ = "examples"
    __table_args__ = (
        CheckConstraint("split IN ('train', 'holdout')", name="split"),
        Index("uq_examples_active", "text_hash", unique=True, sqlite_where=text("undone_at IS NULL")),
        Index("ix_examples_text_hash", "text_hash"),
        Index("ix_examples_intent", "intent"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    text_hash: Mapped[str]
    intent: Mapped[str] = mapped_column(ForeignKey("intents.name"))
    split: Mapped[str]
    source: Mapped[str]
    operator: Mapped[str]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class OperatorRow(Base):
    __tablename__ = "operators"
    __table_args__ = (CheckConstraint("role IN ('operator', 'lead')", name="role"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    password_hash: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime]
    failures: Mapped[int]
    locked_until: Mapped[datetime | None]


class SessionRow(Base):
    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str] = mapped_column(ForeignKey("operators.name"))
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AuditRow(Base):
    """Append-only. `before` and `after` hold what an undo needs."""

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_actor", "actor", "id"),
        Index("ix_audit_subject", "subject"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    before: Mapped[dict[str, object] | None]
    after: Mapped[dict[str, object] | None]
