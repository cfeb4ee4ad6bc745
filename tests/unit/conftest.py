"""Real databases in temporary folders; migrated once, copied per test."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from unittest import mock

import pytest
import typer.main
from sqlalchemy import Engine, event

from assistant.domain import Action, Intent
from assistant.store import Store, migrate, open_engine
from tests.fakes import FakeClock, FakeLive
from tests.held import make

INTENTS = (
    Intent("refund", "Refund", "We refund within five days."),
    Intent("delivery", "Delivery", "Parcels take two days."),
    Intent("person", "Talk to a person", "A colleague takes over.", action=Action.HAND_OVER),
)


@pytest.fixture(scope="session", autouse=True)
def commands_built_once() -> Iterator[None]:
    """Typer builds all commands whenever one is run, for 50 ms; the tests run some hundred."""
    with mock.patch.object(typer.main, "get_command", cache(typer.main.get_command)):
        yield


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "shop.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def held_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop with a live and a held version, made once; `tests.held.copied` gives a test its own."""
    folder = tmp_path_factory.mktemp("held")
    make(folder)
    return folder


@pytest.fixture
def database(migrated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(migrated, tmp_path / "shop.db"))


@pytest.fixture
def engine(database: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{database}")
    yield engine
    engine.dispose()


@pytest.fixture
def impatient(engine: Engine) -> None:
    """The store waits but a moment for a database that others write to."""

    @event.listens_for(engine, "connect")
    def once(connection: sqlite3.Connection, record: object) -> None:
        connection.execute("PRAGMA busy_timeout = 10")

    engine.dispose()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(engine: Engine, clock: FakeClock) -> Store:
    """A store with three intents: refund, delivery, and person, which hands over."""
    store = Store(engine, clock)
    with store.unit() as uow:
        for intent in INTENTS:
            uow.intents.add(intent, "seed")
    return store


@pytest.fixture
def live() -> FakeLive:
    return FakeLive()
