"""Experiments: a held version that answers a share of the conversations."""

from __future__ import annotations

from alembic import op

revision = "0003_shadow"
down_revision = "0002_doubt"

STATEMENTS = (
    """
    CREATE TABLE experiments (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        version_id TEXT NOT NULL,
        against TEXT NOT NULL,
        share DOUBLE NOT NULL,
        state TEXT NOT NULL,
        started_at DATETIME NOT NULL,
        started_by TEXT NOT NULL,
        first_message INTEGER NOT NULL,
        ended_at DATETIME,
        ended_by TEXT,
        reason TEXT,
        last_message INTEGER,
        CONSTRAINT ck_experiments_state
            CHECK (state IN ('running', 'published', 'dropped', 'superseded', 'failed')),
        CONSTRAINT ck_experiments_share CHECK (share > 0 AND share < 1),
        CONSTRAINT fk_experiments_version_id FOREIGN KEY(version_id) REFERENCES versions (id),
        CONSTRAINT fk_experiments_against FOREIGN KEY(against) REFERENCES versions (id)
    )
    """,
    "CREATE UNIQUE INDEX uq_experiments_running ON experiments (state) WHERE state = 'running'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drops the experiments; messages keep the version that answered them."""
    op.execute("DROP TABLE experiments")
