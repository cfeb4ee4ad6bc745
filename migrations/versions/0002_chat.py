"""Whose browser a conversation belongs to, its language, and the operator who talks in it."""

from __future__ import annotations

from alembic import op

revision = "0002_chat"
down_revision = "0002_desk"

UP = (
    "ALTER TABLE conversations ADD COLUMN visitor TEXT",
    "ALTER TABLE conversations ADD COLUMN language TEXT",
    "ALTER TABLE conversations ADD COLUMN operator TEXT",
    "ALTER TABLE messages ADD COLUMN operator TEXT",
    "CREATE INDEX ix_conversations_visitor ON conversations (visitor)",
    "CREATE INDEX ix_conversations_waiting ON conversations (id) WHERE state = 'waiting'",
)
DOWN = (
    "DROP INDEX ix_conversations_waiting",
    "DROP INDEX ix_conversations_visitor",
    "ALTER TABLE messages DROP COLUMN operator",
    "ALTER TABLE conversations DROP COLUMN operator",
    "ALTER TABLE conversations DROP COLUMN language",
    "ALTER TABLE conversations DROP COLUMN visitor",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    """Forgets which conversation belongs to which browser, and who wrote the operators' replies."""
    for statement in DOWN:
        op.execute(statement)
