"""Promises of a unit of work: all or nothing, StoreError for what the disk does, no waiting readers."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from assistant.domain import Intent
from assistant.errors import StoreError
from assistant.store import Store
from tests.unit.store.conftest import NEW, names


def test_a_unit_commits_at_its_end(store: Store) -> None:
    with store.unit() as uow:
        uow.intents.add(NEW, "ada")
    assert "voucher" in names(store)


def test_an_exception_undoes_the_whole_unit(store: Store) -> None:
    with pytest.raises(KeyError), store.unit() as uow:
        uow.intents.add(NEW, "ada")
        raise KeyError("something else went wrong")
    assert "voucher" not in names(store)


def test_a_read_only_unit_refuses_to_write(store: Store) -> None:
    with pytest.raises(StoreError, match="readonly"), store.unit(read_only=True) as uow:
        uow.intents.add(NEW, "ada")
    with store.unit() as uow:
        uow.intents.add(NEW, "ada")  # the same connection may write again


def test_readers_do_not_wait_for_a_writer_and_see_nothing_unfinished(store: Store) -> None:
    with store.unit() as uow:
        uow.intents.add(NEW, "ada")
        assert "voucher" not in names(store)


def test_units_that_read_then_write_do_not_overtake_each_other(store: Store) -> None:
    with store.unit() as uow:
        conversation = uow.conversations.create()

    def count_up() -> None:
        for _ in range(10):
            with store.unit() as uow:
                failures = uow.conversations.get(conversation).failures
                uow.conversations.set_failures(conversation, failures + 1)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.unit() as uow:
        assert uow.conversations.get(conversation).failures == 40


@pytest.mark.usefixtures("impatient")
def test_a_lock_held_elsewhere_is_a_store_error(store: Store, database: Path) -> None:
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"locked.*try again"), store.unit():
        pass
    other.close()


def test_a_full_disk_is_a_store_error_and_keeps_what_was_there(store: Store, engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def full(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite raises it to the present size

    engine.dispose()
    before = names(store)
    with pytest.raises(StoreError, match=r"full.*disk space"), store.unit() as uow:
        for number in range(100):
            uow.intents.add(Intent(f"intent_{number}", "Long", "long " * 300), "ada")
    assert names(store) == before


def test_what_customers_wrote_is_in_no_error(store: Store, database: Path) -> None:
    with store.unit() as uow:
        conversation = uow.conversations.create()
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TRIGGER sick BEFORE INSERT ON messages BEGIN SELECT RAISE(ABORT, 'sick'); END")
    with pytest.raises(StoreError) as failed, store.unit() as uow:
        uow.conversations.add_bot_message(conversation, "my secret")
    told = "".join(map(str, (failed.value, failed.value.__cause__, failed.value.__cause__.__cause__)))  # type: ignore[union-attr]
    assert "sick" in told
    assert "my secret" not in told


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anything")
def test_a_file_that_may_not_be_written_is_a_store_error(store: Store, engine: Engine, database: Path) -> None:
    engine.dispose()
    database.chmod(0o444)
    with pytest.raises(StoreError, match="writable"), store.unit() as uow:
        uow.intents.add(NEW, "ada")


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [("disk I/O error", "free some disk space"), ("database or disk is full", "free some disk space")],
)
def test_what_the_disk_does_comes_with_a_remedy(store: Store, cause: str, remedy: str) -> None:
    with pytest.raises(StoreError, match=f"{cause}; {remedy}"), store.unit():
        raise OperationalError("COMMIT", {}, sqlite3.OperationalError(cause))
