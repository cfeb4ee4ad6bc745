"""The desk: what the inbox filters by, retired intents, second opinions, and pairs of texts that may differ."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

from assistant.store.texts import search_form, text_hash

revision = "0002_desk"
down_revision = "0001"

CHUNK = 1000
COLUMNS = (
    ("messages", "predicted TEXT"),
    ("messages", "text_hash TEXT"),
    ("messages", "search_text TEXT"),
    ("intents", "retired_at DATETIME"),
    ("intents", "merged_into TEXT"),
    ("intents", "erase_at DATETIME"),
)

TABLES = (
    """
    CREATE TABLE second_opinions (
        id INTEGER NOT NULL,
        example_id INTEGER NOT NULL,
        operator TEXT NOT NULL,
        intent TEXT NOT NULL,
        created_at DATETIME NOT NULL,
        CONSTRAINT pk_second_opinions PRIMARY KEY (id),
        CONSTRAINT uq_second_opinions_example_id UNIQUE (example_id, operator),
        CONSTRAINT fk_second_opinions_example_id FOREIGN KEY(example_id) REFERENCES examples (id),
        CONSTRAINT fk_second_opinions_intent FOREIGN KEY(intent) REFERENCES intents (name)
    )
    """,
    """
    CREATE TABLE accepted_pairs (
        first_hash TEXT NOT NULL,
        second_hash TEXT NOT NULL,
        operator TEXT NOT NULL,
        created_at DATETIME NOT NULL,
        CONSTRAINT pk_accepted_pairs PRIMARY KEY (first_hash, second_hash)
    )
    """,
)

# Everything that the inbox filters and sorts by, so that SQLite never walks past the embeddings for it.
INDEXES = (
    """
    CREATE INDEX ix_messages_inbox ON messages
    (created_at, id, role, confidence, attention, decision, predicted, handled_at, skipped_at, text_hash, search_text)
    WHERE role = 'user'
    """,
)


def upgrade() -> None:
    for table, column in COLUMNS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    _fill()
    for statement in TABLES + INDEXES:
        op.execute(statement)


def _fill() -> None:
    """The columns of customers' messages; SQL cannot compute the hash and the search form."""
    connection = op.get_bind()
    connection.execute(
        text("UPDATE messages SET predicted = coalesce(intent, json_extract(scores, '$[0][0]')) WHERE role = 'user'")
    )
    newest = 0
    while True:
        some = connection.execute(
            text("SELECT id, text FROM messages WHERE role = 'user' AND id > :id ORDER BY id LIMIT :limit"),
            {"id": newest, "limit": CHUNK},
        ).all()
        if not some:
            return
        newest = some[-1].id
        connection.execute(
            text("UPDATE messages SET text_hash = :hash, search_text = :search WHERE id = :id"),
            [{"id": row.id, "hash": text_hash(row.text), "search": search_form(row.text)} for row in some],
        )


def downgrade() -> None:
    """Drops second opinions and accepted pairs; retired intents are like all others again."""
    op.execute("DROP INDEX ix_messages_inbox")
    for table in ("accepted_pairs", "second_opinions"):
        op.execute(f"DROP TABLE {table}")
    for table, column in reversed(COLUMNS):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column.split()[0]}")
