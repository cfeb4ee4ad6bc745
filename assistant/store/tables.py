"""The tables. `migrations/` builds the same schema step by step; a test holds the two together."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from assistant.domain import Action, ConversationState, Decision, Language, Signal, Split
from assistant.store.columns import Base, OneOf
from assistant.store.json_columns import Limits, Scores


class IntentRow(Base):
    __tablename__ = "intents"
    __table_args__ = (CheckConstraint("action IN ('answer', 'hand_over')", name="action"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    answer: Mapped[str]
    description: Mapped[str]
    action: Mapped[str] = mapped_column(OneOf(Action))
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    retired_at: Mapped[datetime | None]
    merged_into: Mapped[str | None]
    erase_at: Mapped[datetime | None]


class ConversationRow(Base):
    """`visitor` is the hash of the token in the customer's browser; `operator` has taken the conversation over."""

    __tablename__ = "conversations"
    __table_args__ = (
        CheckConstraint("state IN ('bot', 'waiting')", name="state"),
        Index("ix_conversations_visitor", "visitor"),
        Index("ix_conversations_waiting", "id", sqlite_where=text("state = 'waiting'")),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(OneOf(ConversationState))
    failures: Mapped[int]
    visitor: Mapped[str | None]
    language: Mapped[str | None] = mapped_column(OneOf(Language))
    operator: Mapped[str | None]


class MessageRow(Base):
    """A turn. On a bot row `scores` holds the intents it offered, on a user row what the model said.

    A person who answers in the bot's place has their name in `operator`.

    `attention` (0 first, null = not queued) repeats what signals, confidence and decision say, so that
    the queue is one index range. `predicted`, `text_hash` and `search_text` repeat what a user row says,
    so that the inbox reads an index and no embeddings: one with the texts, and one for each of its orders.
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
        Index(
            "ix_messages_inbox",
            *("created_at", "id", "role", "confidence", "attention", "decision", "predicted"),
            *("handled_at", "skipped_at", "text_hash", "labeling_value", "search_text"),
            sqlite_where=text("role = 'user'"),
        ),
        Index(
            "ix_messages_need",
            *(text("attention IS NULL"), "attention", "confidence", "id", "role", "created_at"),
            *("decision", "predicted", "handled_at", "skipped_at", "text_hash"),
            sqlite_where=text("role = 'user'"),
        ),
        Index(
            "ix_messages_least_sure",
            *(text("confidence IS NULL"), "confidence", "id", "role", "created_at"),
            *("attention", "decision", "predicted", "handled_at", "skipped_at", "text_hash"),
            sqlite_where=text("role = 'user'"),
        ),
        Index(
            "ix_messages_value",
            *(text("labeling_value IS NULL"), text("labeling_value DESC"), "id", "role", "created_at", "confidence"),
            *("attention", "decision", "predicted", "handled_at", "skipped_at", "text_hash"),
            sqlite_where=text("role = 'user'"),
        ),
        Index("ix_messages_instant", "instant", sqlite_where=text("instant IS NOT NULL")),
        Index("ix_messages_version", "version", "id"),
        Index("ix_messages_reply_to", "reply_to", sqlite_where=text("reply_to IS NOT NULL")),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    role: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime]
    embedding: Mapped[bytes | None]
    encoder: Mapped[str | None]
    scores: Mapped[list[list[object]] | None] = mapped_column(Scores())
    confidence: Mapped[float | None]
    outside_score: Mapped[float | None]
    thresholds: Mapped[dict[str, object] | None] = mapped_column(Limits())
    decision: Mapped[str | None] = mapped_column(OneOf(Decision))
    intent: Mapped[str | None]
    version: Mapped[str | None]
    reply_to: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    attention: Mapped[int | None]
    instant: Mapped[int | None]  # the pending example that answered it; no key, since an undone intent takes its rows
    labeling_value: Mapped[float | None]
    skipped_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    predicted: Mapped[str | None]
    text_hash: Mapped[str | None]
    search_text: Mapped[str | None]
    operator: Mapped[str | None]


class SignalRow(Base):
    """What the customer let us know, kept on the customer's message that the answer replied to."""

    __tablename__ = "signals"
    __table_args__ = (UniqueConstraint("message_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    kind: Mapped[str] = mapped_column(OneOf(Signal))
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
        Index("ix_examples_message", "message_id", sqlite_where=text("message_id IS NOT NULL")),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    text_hash: Mapped[str]
    intent: Mapped[str] = mapped_column(ForeignKey("intents.name"))
    split: Mapped[str] = mapped_column(OneOf(Split))
    source: Mapped[str]
    operator: Mapped[str]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    created_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


class SecondOpinionRow(Base):
    """What another operator said of a labelled text, without having seen the label."""

    __tablename__ = "second_opinions"
    __table_args__ = (UniqueConstraint("example_id", "operator"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    example_id: Mapped[int] = mapped_column(ForeignKey("examples.id"))
    operator: Mapped[str]
    intent: Mapped[str] = mapped_column(ForeignKey("intents.name"))
    created_at: Mapped[datetime]


class AcceptedPairRow(Base):
    """Two texts that look alike and rightly have different labels; the smaller hash comes first."""

    __tablename__ = "accepted_pairs"

    first_hash: Mapped[str] = mapped_column(primary_key=True)
    second_hash: Mapped[str] = mapped_column(primary_key=True)
    operator: Mapped[str]
    created_at: Mapped[datetime]


class OperatorRow(Base):
    __tablename__ = "operators"
    __table_args__ = (CheckConstraint("role IN ('operator', 'lead')", name="role"),)

    name: Mapped[str] = mapped_column(primary_key=True)
    password_hash: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime]
    failures: Mapped[int]
    failures_until: Mapped[datetime | None] = mapped_column("locked_until")
    removed_at: Mapped[datetime | None]


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
