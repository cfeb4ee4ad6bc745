"""The inbox in every order from an index that has this order."""

from __future__ import annotations

from alembic import op

revision = "0003_surfaces"
down_revision = "0003_shadow"

INBOX = "created_at, id, role, confidence, attention, decision, predicted, handled_at, skipped_at"
INDEXES = (
    f"CREATE INDEX ix_messages_inbox ON messages ({INBOX}, text_hash, labeling_value, search_text) WHERE role = 'user'",
    """
    CREATE INDEX ix_messages_need ON messages
    (attention IS NULL, attention, confidence, id,
     role, created_at, decision, predicted, handled_at, skipped_at, text_hash)
    WHERE role = 'user'
    """,
    """
    CREATE INDEX ix_messages_least_sure ON messages
    (confidence IS NULL, confidence, id,
     role, created_at, attention, decision, predicted, handled_at, skipped_at, text_hash)
    WHERE role = 'user'
    """,
    """
    CREATE INDEX ix_messages_value ON messages
    (labeling_value IS NULL, labeling_value DESC, id,
     role, created_at, confidence, attention, decision, predicted, handled_at, skipped_at, text_hash)
    WHERE role = 'user'
    """,
)


def upgrade() -> None:
    op.execute("DROP INDEX ix_messages_inbox")
    for statement in INDEXES:
        op.execute(statement)


def downgrade() -> None:
    for name in ("value", "least_sure", "need", "inbox"):
        op.execute(f"DROP INDEX ix_messages_{name}")
    op.execute(f"CREATE INDEX ix_messages_inbox ON messages ({INBOX}, text_hash, search_text) WHERE role = 'user'")
