"""First tables."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

TABLES = (
    """
    CREATE TABLE intents (
        name TEXT NOT NULL,
        title TEXT NOT NULL,
        answer TEXT NOT NULL,
        description TEXT NOT NULL,
        action TEXT NOT NULL,
        created_at DATETIME NOT NULL,
        created_by TEXT NOT NULL,
        CONSTRAINT pk_intents PRIMARY KEY (name),
        CONSTRAINT ck_intents_action CHECK (action IN ('answer', 'hand_over'))
    )
    """,
    """
    CREATE TABLE conversations (
        id TEXT NOT NULL,
        created_at DATETIME NOT NULL,
        state TEXT NOT NULL,
        failures INTEGER NOT NULL,
        CONSTRAINT pk_conversations PRIMARY KEY (id),
        CONSTRAINT ck_conversations_state CHECK (state IN ('bot', 'waiting'))
    )
    """,
    """
    CREATE TABLE messages (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        conversation_id TEXT NOT NULL,
        role TEXT NOT NULL,
        text TEXT NOT NULL,
        created_at DATETIME NOT NULL,
        embedding BLOB,
        encoder TEXT,
        scores JSON,
        confidence DOUBLE,
        thresholds JSON,
        decision TEXT,
        intent TEXT,
        version TEXT,
        reply_to INTEGER,
        attention INTEGER,
        skipped_at DATETIME,
        handled_at DATETIME,
        CONSTRAINT fk_messages_conversation_id FOREIGN KEY(conversation_id) REFERENCES conversations (id),
        CONSTRAINT fk_messages_reply_to FOREIGN KEY(reply_to) REFERENCES messages (id),
        CONSTRAINT ck_messages_role CHECK (role IN ('user', 'bot', 'system'))
    )
    """,
    """
    CREATE TABLE signals (
        id INTEGER NOT NULL,
        message_id INTEGER NOT NULL,
        kind TEXT NOT NULL,
        created_at DATETIME NOT NULL,
        comment TEXT,
        CONSTRAINT pk_signals PRIMARY KEY (id),
        CONSTRAINT uq_signals_message_id UNIQUE (message_id, kind),
        CONSTRAINT fk_signals_message_id FOREIGN KEY(message_id) REFERENCES messages (id)
    )
    """,
    """
    CREATE TABLE examples (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        text TEXT NOT NULL,
        text_hash TEXT NOT NULL,
        intent TEXT NOT NULL,
        split TEXT NOT NULL,
        source TEXT NOT NULL,
        operator TEXT NOT NULL,
        message_id INTEGER,
        created_at DATETIME NOT NULL,
        undone_at DATETIME,
        CONSTRAINT fk_examples_intent FOREIGN KEY(intent) REFERENCES intents (name),
        CONSTRAINT fk_examples_message_id FOREIGN KEY(message_id) REFERENCES messages (id),
        CONSTRAINT ck_examples_split CHECK (split IN ('train', 'holdout'))
    )
    """,
    """
    CREATE TABLE versions (
        id TEXT NOT NULL,
        parent TEXT,
        created_at DATETIME NOT NULL,
        state TEXT NOT NULL,
        encoder TEXT NOT NULL,
        manifest_sha256 TEXT NOT NULL,
        report JSON NOT NULL,
        CONSTRAINT pk_versions PRIMARY KEY (id),
        CONSTRAINT fk_versions_parent FOREIGN KEY(parent) REFERENCES versions (id),
        CONSTRAINT ck_versions_state CHECK (state IN ('ready', 'refused')),
        CONSTRAINT ck_versions_parent CHECK (parent <> id)
    )
    """,
    """
    CREATE TABLE learned (
        example_id INTEGER NOT NULL,
        version_id TEXT NOT NULL,
        CONSTRAINT pk_learned PRIMARY KEY (example_id, version_id),
        CONSTRAINT fk_learned_example_id FOREIGN KEY(example_id) REFERENCES examples (id),
        CONSTRAINT fk_learned_version_id FOREIGN KEY(version_id) REFERENCES versions (id)
    )
    """,
    """
    CREATE TABLE live (
        id INTEGER NOT NULL,
        version_id TEXT NOT NULL,
        CONSTRAINT pk_live PRIMARY KEY (id),
        CONSTRAINT fk_live_version_id FOREIGN KEY(version_id) REFERENCES versions (id),
        CONSTRAINT ck_live_one_row CHECK (id = 1)
    )
    """,
    """
    CREATE TABLE publications (
        id INTEGER NOT NULL,
        at DATETIME NOT NULL,
        actor TEXT NOT NULL,
        kind TEXT NOT NULL,
        from_version TEXT,
        to_version TEXT NOT NULL,
        reason TEXT NOT NULL,
        CONSTRAINT pk_publications PRIMARY KEY (id),
        CONSTRAINT fk_publications_from_version FOREIGN KEY(from_version) REFERENCES versions (id),
        CONSTRAINT fk_publications_to_version FOREIGN KEY(to_version) REFERENCES versions (id),
        CONSTRAINT ck_publications_kind CHECK (kind IN ('publish', 'rollback'))
    )
    """,
    """
    CREATE TABLE locks (
        name TEXT NOT NULL,
        owner TEXT NOT NULL,
        expires_at DATETIME NOT NULL,
        CONSTRAINT pk_locks PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE operators (
        name TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        role TEXT NOT NULL,
        created_at DATETIME NOT NULL,
        failures INTEGER NOT NULL,
        locked_until DATETIME,
        CONSTRAINT pk_operators PRIMARY KEY (name),
        CONSTRAINT ck_operators_role CHECK (role IN ('operator', 'lead'))
    )
    """,
    """
    CREATE TABLE sessions (
        token_hash TEXT NOT NULL,
        operator TEXT NOT NULL,
        csrf TEXT NOT NULL,
        created_at DATETIME NOT NULL,
        expires_at DATETIME NOT NULL,
        CONSTRAINT pk_sessions PRIMARY KEY (token_hash),
        CONSTRAINT fk_sessions_operator FOREIGN KEY(operator) REFERENCES operators (name)
    )
    """,
    """
    CREATE TABLE audit (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        at DATETIME NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        before JSON,
        after JSON
    )
    """,
)

INDEXES = (
    "CREATE INDEX ix_messages_conversation ON messages (conversation_id, id)",
    """
    CREATE INDEX ix_messages_queue ON messages (attention, confidence, id)
    WHERE attention IS NOT NULL AND handled_at IS NULL AND skipped_at IS NULL
    """,
    "CREATE UNIQUE INDEX uq_examples_active ON examples (text_hash) WHERE undone_at IS NULL",
    "CREATE INDEX ix_examples_text_hash ON examples (text_hash)",
    "CREATE INDEX ix_examples_intent ON examples (intent)",
    "CREATE INDEX ix_learned_version ON learned (version_id)",
    "CREATE INDEX ix_audit_actor ON audit (actor, id)",
    "CREATE INDEX ix_audit_subject ON audit (subject)",
)


def upgrade() -> None:
    for statement in TABLES + INDEXES:
        op.execute(statement)


def downgrade() -> None:
    """Drops every table and all that is in them."""
    for table in (
        "audit",
        "sessions",
        "operators",
        "locks",
        "publications",
        "live",
        "learned",
        "versions",
        "examples",
        "signals",
        "messages",
        "conversations",
        "intents",
    ):
        op.execute(f"DROP TABLE {table}")
