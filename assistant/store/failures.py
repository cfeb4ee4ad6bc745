"""The one place where database errors become errors for a person."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from assistant.errors import InputError, StoreError
from assistant.store.columns import BrokenValueError

# What was written since the last checkpoint lies beside the file, and would be written into any other in its place.
RESTORE = "restore the file from a backup, but first delete those beside it that end in -wal and -shm"
MIGRATE = "if this is the backup of an older version of the program, run `assistant migrate`; else "
REMEDIES = {
    "database is locked": "another process is writing; try again, and stop it if this lasts",
    "database or disk is full": "free some disk space",
    "disk I/O error": "free some disk space, and check the disk if there is enough",
    "attempt to write a readonly database": "make the file and its folder writable for this user",
    "unable to open database file": "check that the folder exists and is readable and writable",
    "file is not a database": f"check the path, or {RESTORE}",
    "malformed": RESTORE,  # the file, its schema, or a JSON in it
    "Could not decode to UTF-8": RESTORE,
    "no such table": MIGRATE + RESTORE,
    "no such column": MIGRATE + RESTORE,
    "has no column named": MIGRATE + RESTORE,
}


@contextmanager
def store_errors(engine: Engine) -> Iterator[None]:
    """Errors of SQLAlchemy and of the driver inside become a StoreError that names file, cause and remedy."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:  # the latter from a connection that SQLAlchemy lent bare
        cause = str(error.orig if isinstance(error, DBAPIError) else error)
        remedy = next((f"; {what}" for found, what in REMEDIES.items() if found in cause), "")
        raise StoreError(f"the database {engine.url.database} failed: {cause}{remedy}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the database {engine.url.database} failed: {error}") from error
    except (BrokenValueError, UnicodeDecodeError) as error:  # the driver meets the latter in its own messages
        raise StoreError(f"the database {engine.url.database} holds a broken value: {error}; {RESTORE}") from error
    except (UnicodeEncodeError, OverflowError) as error:
        # The driver meets these in a forged id: half a surrogate pair, or a number beyond 64 bits.
        raise InputError(f"a value cannot be looked up: {error}") from error
