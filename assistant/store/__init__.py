"""The database: SQLite behind units of work. Nothing outside this package knows SQL."""

from assistant.store.columns import Clock, utc_now
from assistant.store.engine import open_engine
from assistant.store.prepared import Prepared, prepare
from assistant.store.records import (
    AuditEntry,
    Conversation,
    DriftScore,
    Message,
    Operator,
    PendingLabel,
    Placed,
    Session,
)
from assistant.store.revisions import check_revision, expected_revision, migrate
from assistant.store.texts import split_of, text_hash
from assistant.store.unit_of_work import Store, UnitOfWork

__all__ = [
    "AuditEntry",
    "Clock",
    "Conversation",
    "DriftScore",
    "Message",
    "Operator",
    "PendingLabel",
    "Placed",
    "Prepared",
    "Session",
    "Store",
    "UnitOfWork",
    "check_revision",
    "expected_revision",
    "migrate",
    "open_engine",
    "prepare",
    "split_of",
    "text_hash",
    "utc_now",
]
