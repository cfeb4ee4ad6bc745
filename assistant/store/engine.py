"""Opening a database file: its connections, and the transaction mode."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from assistant.errors import StoreError
from assistant.store.failures import RESTORE

# For a customer a late answer is better than none. An import of 200,000 rows, all or none, holds the lock for 7 s.
BUSY_SECONDS = 60.0
LOG = "-wal"  # what follows the name of the file in that of the log beside it


def open_engine(place: str | Path) -> Engine:
    """An engine for a SQLite file: its path, or an address (`sqlite:///path`). Opens no connection yet.

    Raises StoreError when the address is not that of a SQLite file.
    """
    # A path is no part of an address: what follows a question mark in it would be read as options.
    address = URL.create("sqlite", database=str(place)) if isinstance(place, Path) else _address(place)
    # An error goes to the log, where no customer's text and no hash of a password may stay behind.
    engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    _follow(engine)
    return engine


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StoreError(f"{url!r} is not a database address; write sqlite:///path/to/file.db") from error
    if address.get_backend_name() != "sqlite" or address.database in (None, "", ":memory:"):
        raise StoreError(f"{url!r} does not name a SQLite file; write sqlite:///path/to/file.db")
    return address


def _prepare(connection: Any, record: object) -> None:
    # None stops the driver from beginning transactions by itself, which it would do too late: see _begin.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten


def _follow(engine: Engine) -> None:
    """A connection whose file was replaced, as by a backup, is given up: what it writes would be lost with the file.

    And no file is made in the place of one that was there: SQLite would empty the log beside it, in which the latest
    that was written may still lie.
    """
    file = str(engine.url.database)
    seen = Event()

    def opening(*of_connection: object) -> None:
        if seen.is_set():
            require_there()

    def opened(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _identity(file)
        seen.set()

    def taken(connection: Any, record: ConnectionPoolEntry, proxy: object) -> None:
        if require_there() != record.info["file"]:
            raise DisconnectionError(f"{file} was replaced")

    def require_there() -> tuple[int, int]:
        there = _identity(file)
        if there is None:
            raise StoreError(f"the database {file} is gone or out of reach; {RESTORE}")
        return there

    event.listen(engine, "do_connect", opening)
    event.listen(engine, "connect", opened)
    event.listen(engine, "checkout", taken)


def _identity(file: str) -> tuple[int, int] | None:
    """Which file it is; None where there is none."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def require_log(connection: Connection | PoolProxiedConnection, file: str) -> None:
    """Raises StoreError when the log beside `file` is not the one that this connection has open: what it writes would
    be lost with that, and what it has written would be brought into whatever was copied over the file since."""
    was = connection.info.get(LOG)
    if was and was != _identity(file + LOG):
        raise StoreError(
            f"{file}{LOG} was deleted or replaced while in use, as when a backup is copied over {file}: nothing"
            " is read or written until that is restored in this order: delete those beside it that end in -wal and"
            " -shm, then move a copy of the backup into its place"
        )


def _begin(connection: Connection) -> None:
    file = str(connection.engine.url.database)
    require_log(connection, file)
    # A transaction that reads and then writes must hold the write lock from its start: SQLite refuses
    # the upgrade at once, without waiting, when another connection wrote in between.
    read_only = bool(connection.get_execution_options().get("read_only"))
    connection.exec_driver_sql(f"PRAGMA query_only = {int(read_only)}")
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
    connection.info[LOG] = connection.info.get(LOG) or _identity(file + LOG)
