"""People who may not sign in any more keep their name, under which the log tells what they did."""

from __future__ import annotations

from alembic import op

revision = "0004_people"
down_revision = "0003_surfaces"


def upgrade() -> None:
    op.execute("ALTER TABLE operators ADD COLUMN removed_at DATETIME")


def downgrade() -> None:
    op.execute("ALTER TABLE operators DROP COLUMN removed_at")
