"""What refers to a message is found by an index: SQLite would read whole tables for each one that is erased."""

from __future__ import annotations

from alembic import op

revision = "0005_referring"
down_revision = "0004_people"

INDICES = {
    "ix_messages_reply_to": "messages (reply_to) WHERE reply_to IS NOT NULL",
    "ix_examples_message": "examples (message_id) WHERE message_id IS NOT NULL",
    "ix_proposal_members_message": "proposal_members (message_id)",
}


def upgrade() -> None:
    for name, on in INDICES.items():
        op.execute(f"CREATE INDEX {name} ON {on}")


def downgrade() -> None:
    for name in INDICES:
        op.execute(f"DROP INDEX {name}")
