"""Promises of a unit of work: all or nothing, StoreError for what the disk does, no waiting readers."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from assistant.domain import Decision, Intent, Prediction, Score, Signal, Thresholds, Version
from assistant.errors import InputError, StoreError
from assistant.store import Store, open_engine, utc_now

NEW = Intent("voucher", "Voucher", "Enter it at the till.")


def names(store: Store) -> list[str]:
    with store.unit(read_only=True) as uow:
        return [intent.name for intent in uow.intents.all()]


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


def test_a_file_that_is_no_database_is_a_store_error(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("buy milk\n" * 200)
    with pytest.raises(StoreError, match=r"not a database.*backup"):
        Store(open_engine(f"sqlite:///{path}"))


def backed_up(store: Store, database: Path) -> tuple[Path, list[str]]:
    """A backup of the database, and the intents in it; one more has come since."""
    backup = database.with_name("backup.db")
    with sqlite3.connect(database) as there, sqlite3.connect(backup) as copy:
        there.backup(copy)
    before = names(store)
    with store.unit() as uow:
        uow.intents.add(NEW, "ada")
    return backup, before


def test_a_file_that_was_replaced_is_written_and_read_and_not_the_one_that_is_gone(
    store: Store, database: Path, tmp_path: Path
) -> None:
    """Else all that customers say after the restore of a backup is lost with the file that nobody can reach."""
    backup, before = backed_up(store, database)
    for part in tmp_path.glob("shop.db*"):
        part.unlink()
    with pytest.raises(StoreError, match=r"is gone or out of reach; restore the file from a backup, but first"):
        names(store)
    assert not database.exists()
    shutil.copy(backup, database)
    assert names(store) == before
    with store.unit() as uow:
        uow.intents.add(NEW, "ada")
    with sqlite3.connect(database) as there:
        assert there.execute("SELECT count(*) FROM intents WHERE name = ?", [NEW.name]).fetchone() == (1,)


@pytest.mark.parametrize("moved", [True, False])
def test_a_log_that_is_deleted_while_it_is_in_use_takes_nothing_that_is_written_with_it(
    store: Store, database: Path, tmp_path: Path, moved: bool
) -> None:
    """Where a backup was copied over the file, or moved there and used before the old log beside it was deleted."""

    def restore() -> None:
        shutil.copy(backup, tmp_path / "copy.db")
        (tmp_path / "copy.db").replace(database)

    def delete_beside() -> None:
        for part in tmp_path.glob("shop.db-*"):
            part.unlink()

    backup, before = backed_up(store, database)
    if moved:
        restore()
        names(store)
    else:
        shutil.copyfile(backup, database)
    delete_beside()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"shop\.db-wal was deleted or replaced while in use.*then move a copy"):
            names(store)
    with pytest.raises(StoreError, match="deleted or replaced"):
        store.checkpoint()
    delete_beside()
    restore()
    assert names(store) == before


def test_a_file_that_comes_back_has_all_that_was_written_before_it_was_out_of_reach(
    store: Store, database: Path, tmp_path: Path
) -> None:
    """The latest lies in the log beside it, which a new file in its place would empty."""
    with store.unit() as uow:
        uow.intents.add(NEW, "ada")
    away = database.rename(tmp_path / "away.db")
    for _ in range(3):  # the first gives up its connection, the next would open another
        with pytest.raises(StoreError, match=r"shop\.db is gone or out of reach"):
            names(store)
        assert not database.exists()
    away.rename(database)
    assert NEW.name in names(store)


def test_a_damaged_database_is_a_store_error(store: Store, engine: Engine, database: Path) -> None:
    engine.dispose()
    content = bytearray(database.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    database.write_bytes(content)
    with pytest.raises(StoreError), store.unit() as uow:
        uow.intents.all()


@pytest.mark.parametrize("forged", ["\ud800", "", "x" * 100_000, "' OR 1=1 --", "../../etc/passwd"])
def test_forged_text_ids_find_nothing(store: Store, forged: str) -> None:
    with pytest.raises(InputError), store.unit(read_only=True) as uow:
        uow.conversations.get(forged)
    with pytest.raises(InputError), store.unit(read_only=True) as uow:
        uow.versions.get(forged)
    with pytest.raises(InputError), store.unit(read_only=True) as uow:
        uow.intents.get(forged)


@pytest.mark.parametrize("forged", [0, -1, 12_345, 2**63, 10**40])
def test_forged_numbers_find_nothing(store: Store, forged: int) -> None:
    with pytest.raises(InputError), store.unit() as uow:
        uow.conversations.message(forged)
    with pytest.raises(InputError), store.unit() as uow:
        uow.examples.get(forged)
    with pytest.raises(InputError), store.unit() as uow:
        uow.examples.undo(forged)


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        ("terms", "[1]", "is no JSON list of words"),
        ("contrast", "{}", "is no JSON object that tells a topic from an intent"),
        (
            "contrast",
            '{"intent": "refund", "similarity": 0.5, "usual": 0.9, "terms": [["a"]], "theirs": []}',
            "is no JSON object that tells a topic from an intent",
        ),
    ],
)
def test_a_proposal_of_another_shape_is_a_store_error_that_names_it(
    store: Store, database: Path, place: str, value: str, says: str
) -> None:
    row = {"status": "open", "name": "x", "terms": "[]", "encoder": "e", "centre": b"", "contrast": None, place: value}
    with sqlite3.connect(database) as raw:
        raw.execute(
            "INSERT INTO proposals (status, name, terms, encoder, centre, contrast, found_at, seen_at) VALUES"
            " (:status, :name, :terms, :encoder, :centre, :contrast, '2026-01-01 00:00:00', '2026-01-01 00:00:00')",
            row,
        )
    with (
        pytest.raises(StoreError, match=rf"holds a broken value: proposals.{place}: .*{says}.*backup"),
        store.unit(read_only=True) as uow,
    ):
        uow.proposals.all()


BROKEN = {
    "versions.report": ("UPDATE versions SET report = '{bad'", "'{bad' is no JSON object"),
    "of another kind": ("UPDATE versions SET report = '[1]'", r"'\[1\]' is no JSON object"),
    "versions.created_at": ("UPDATE versions SET created_at = 'gestern'", "'gestern' is no moment in time"),
    "a number": ("UPDATE versions SET created_at = 5", "'5' is no moment in time"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_value_is_a_store_error_that_names_it(store: Store, engine: Engine, database: Path, name: str) -> None:
    with store.unit() as uow:
        uow.versions.add(Version("v1", None, utc_now(), "ready", "encoder", "digest", {"title": "First"}))
    statement, says = BROKEN[name]
    with sqlite3.connect(database) as raw:
        raw.execute(statement)
    with pytest.raises(StoreError, match=f"{says}.*backup") as told, store.unit(read_only=True) as uow:
        uow.versions.all()
    assert str(database) in str(told.value)


FORGED = {
    "messages.decision": ("'dance'", r"'dance' is no Decision \(answer, "),
    "messages.confidence": ("'high'", "'high' is no number"),
    "messages.text": ("x'ff00'", "is no text"),
    "messages.scores": ("'[[\"refund\"]]'", "is no JSON list of intents with their probabilities"),
    "messages.thresholds": ('\'{"answer": "x"}\'', "is no JSON object of thresholds"),
    "conversations.state": ("'zombie'", "'zombie' is no ConversationState"),
    "conversations.language": ("'xx'", "'xx' is no Language"),
    "conversations.failures": ("'many'", "'many' is no whole number"),
    "signals.kind": ("'hug'", "'hug' is no Signal"),
    "intents.action": ("'dance'", "'dance' is no Action"),
    "examples.split": ("'maybe'", "'maybe' is no Split"),
    "versions.report": (
        '\'{"intents": {"refund": {"after": "x"}}}\'',
        "is no JSON object that is the report of a version",
    ),
}


@pytest.mark.parametrize("place", FORGED)
def test_what_this_program_never_wrote_is_a_store_error_that_names_table_column_and_value(
    store: Store, database: Path, place: str
) -> None:
    with store.unit() as uow:
        uow.versions.add(Version("v1", None, utc_now(), "ready", "encoder", "digest", {"title": "First"}))
        uow.examples.add("money back", "refund", source="correction", operator="ann")
        talk = uow.conversations.create()
        said = uow.conversations.add_user_message(
            talk, "hi", decision=Decision.ANSWER, prediction=Prediction("hi", (Score("refund", 0.9),), b""),
            thresholds=Thresholds(0.5),
        )  # fmt: skip
        uow.conversations.add_bot_message(talk, "Yes", decision=Decision.ANSWER, reply_to=said)
        uow.conversations.add_signal(said, Signal.THUMBS_UP)
    (table, column), (value, says) = place.split("."), FORGED[place]
    with sqlite3.connect(database) as raw:
        raw.execute("PRAGMA ignore_check_constraints = 1")
        raw.execute(f"UPDATE {table} SET {column} = {value}")
    with (
        pytest.raises(StoreError, match=rf"holds a broken value: {place}: .*{says}.*backup") as told,
        store.unit(read_only=True) as uow,
    ):
        uow.conversations.get(talk)
        uow.conversations.messages(talk)
        uow.intents.all()
        uow.examples.pending()
        uow.versions.all()
    assert str(database) in str(told.value)


def test_a_damaged_schema_is_a_store_error_though_the_driver_cannot_say_what_is_wrong(
    store: Store, engine: Engine, database: Path
) -> None:
    engine.dispose()
    content = database.read_bytes()
    database.write_bytes(content.replace(b"CREATE TABLE versions", b"CREA\xcfE TABLE versions"))
    with pytest.raises(StoreError, match=r"holds a broken value: 'utf-8' codec .*backup") as told:
        names(store)
    assert str(database) in str(told.value)
    database.write_bytes(content.replace(b"CREATE TABLE versions", b"CREATE TXBLE versions"))
    with pytest.raises(StoreError, match=r"malformed database schema .*backup"):
        names(store)


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [("disk I/O error", "free some disk space"), ("database or disk is full", "free some disk space")],
)
def test_what_the_disk_does_comes_with_a_remedy(store: Store, cause: str, remedy: str) -> None:
    with pytest.raises(StoreError, match=f"{cause}; {remedy}"), store.unit():
        raise OperationalError("COMMIT", {}, sqlite3.OperationalError(cause))
