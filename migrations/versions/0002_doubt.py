"""How little a customer's message resembled anything learned."""

from __future__ import annotations

from alembic import op

revision = "0002_doubt"
down_revision = "0002_discovery"


def upgrade() -> None:
    op.execute("ALTER TABLE messages ADD COLUMN outside_score DOUBLE")


def downgrade() -> None:
    op.execute("ALTER TABLE messages DROP COLUMN outside_score")
