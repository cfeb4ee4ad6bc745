"""What other hands left in the file is a store error that names it, or is not found."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Engine

from assistant.domain import Decision, Prediction, Score, Signal, Thresholds, Version
from assistant.errors import InputError, StoreError
from assistant.store import Store, open_engine, utc_now
from tests.unit.store.conftest import names


def test_a_file_that_is_no_database_is_a_store_error(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("buy milk\n" * 200)
    with pytest.raises(StoreError, match=r"not a database.*backup"):
        Store(open_engine(f"sqlite:///{path}"))


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
