"""Drift scores, which pending label decided about a message, and how much labelling a message would teach."""

from __future__ import annotations

from alembic import op

revision = "0002_drift"
down_revision = "0002_chat"

STATEMENTS = (
    "ALTER TABLE messages ADD COLUMN instant INTEGER",
    "ALTER TABLE messages ADD COLUMN labeling_value DOUBLE",
    """
    CREATE TABLE drift_scores (
        id INTEGER NOT NULL,
        version_id TEXT NOT NULL,
        monitor TEXT NOT NULL,
        first_message INTEGER NOT NULL,
        last_message INTEGER NOT NULL,
        at DATETIME NOT NULL,
        score DOUBLE NOT NULL,
        low DOUBLE NOT NULL,
        high DOUBLE NOT NULL,
        CONSTRAINT pk_drift_scores PRIMARY KEY (id),
        CONSTRAINT uq_drift_scores_version_id UNIQUE (version_id, monitor, last_message),
        CONSTRAINT fk_drift_scores_version_id FOREIGN KEY(version_id) REFERENCES versions (id)
    )
    """,
    "CREATE INDEX ix_messages_instant ON messages (instant) WHERE instant IS NOT NULL",
    "CREATE INDEX ix_messages_version ON messages (version, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drops the scores; what decided about messages stays decided."""
    for statement in (
        "DROP INDEX ix_messages_version",
        "DROP INDEX ix_messages_instant",
        "DROP TABLE drift_scores",
        "ALTER TABLE messages DROP COLUMN labeling_value",
        "ALTER TABLE messages DROP COLUMN instant",
    ):
        op.execute(statement)
