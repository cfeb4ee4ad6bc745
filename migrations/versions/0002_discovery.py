"""Proposals of new intents."""

from __future__ import annotations

from alembic import op

revision = "0002_discovery"
down_revision = "0002_drift"

STATEMENTS = (
    """
    CREATE TABLE proposals (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        status TEXT NOT NULL,
        name TEXT NOT NULL,
        terms JSON NOT NULL,
        contrast JSON,
        encoder TEXT NOT NULL,
        centre BLOB NOT NULL,
        found_at DATETIME NOT NULL,
        seen_at DATETIME NOT NULL,
        intent TEXT,
        decided_at DATETIME,
        decided_by TEXT,
        CONSTRAINT fk_proposals_intent FOREIGN KEY(intent) REFERENCES intents (name),
        CONSTRAINT ck_proposals_status CHECK (status IN ('open', 'approved', 'merged', 'dismissed'))
    )
    """,
    """
    CREATE TABLE proposal_members (
        proposal_id INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        place INTEGER NOT NULL,
        CONSTRAINT pk_proposal_members PRIMARY KEY (proposal_id, message_id),
        CONSTRAINT fk_proposal_members_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposals (id),
        CONSTRAINT fk_proposal_members_message_id FOREIGN KEY(message_id) REFERENCES messages (id)
    )
    """,
    "CREATE INDEX ix_proposals_status ON proposals (status)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    """Drops the proposals and what was decided about them; labels that came of them stay."""
    op.execute("DROP TABLE proposal_members")
    op.execute("DROP TABLE proposals")
