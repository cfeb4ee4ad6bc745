"""What runs that did not end well leave in the folder of versions is deleted by a later one, and nothing else is."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from assistant.errors import StoreError
from assistant.services.runs.leftovers import KEPT_SECONDS, sweep
from assistant.services.runs.locking import NAME
from assistant.services.runs.retrain import ExitCode
from assistant.store import Store, UnitOfWork, migrate, open_engine
from assistant.store.versions import Versions
from tests.shops import Shop, train

KILLED = ("v20250101000000-0abcde", ".draft-v20250101000000-1abcde", ".draft-encoder")
KEPT = "before the move"  # somebody's copy


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def left_behind(folder: Path, *which: str) -> None:
    for name in which:
        (folder / name).mkdir(parents=True)
        (folder / name / "head.safetensors").write_bytes(b"half")
        grow_old(folder / name)


def grow_old(folder: Path) -> None:
    long_ago = time.time() - KEPT_SECONDS - 60
    os.utime(folder, (long_ago, long_ago))


def test_a_run_deletes_what_killed_ones_left_and_keeps_what_is_known(shop: Shop) -> None:
    left_behind(shop.folder, *KILLED, KEPT)
    first = shop.live().id
    shop.label(*train("refund", 5, start=700))
    held = shop.retrain().run(actor="tests", hold=True)
    published = shop.retrain().run(actor="tests")
    assert names(shop.folder) == {first, held.version, published.version, KEPT}


def test_a_run_that_finds_nothing_to_do_tidies_up_too(shop: Shop) -> None:
    left_behind(shop.folder, *KILLED)
    assert shop.retrain().run(actor="tests").exit_code is ExitCode.NOTHING_TO_DO
    assert names(shop.folder) == {shop.live().id}


def test_a_link_to_a_folder_that_is_gone_stops_no_run(shop: Shop) -> None:
    (shop.folder / KILLED[0]).symlink_to(shop.folder / "gone")
    shop.label(*train("refund", 5, start=700))
    assert shop.retrain().run(actor="tests").exit_code is ExitCode.PUBLISHED


def test_what_could_not_be_recorded_takes_no_room(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk that is full for it nobody could write to the chat until somebody comes."""

    def full(*_: object) -> None:
        raise StoreError("the database shop.db failed: database or disk is full")

    shop.label(*train("refund", 5, start=700))
    monkeypatch.setattr(Versions, "add", full)
    with pytest.raises(StoreError, match="full"):
        shop.retrain().run(actor="tests")
    assert names(shop.folder) == {shop.live().id}


def test_what_was_recorded_stays_though_the_run_is_told_otherwise(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    unit, failed = Store.unit, list[str]()

    @contextmanager
    def late(store: Store, *, read_only: bool = False) -> Iterator[UnitOfWork]:
        with unit(store, read_only=read_only) as uow:
            yield uow
        if not read_only and names(shop.folder) - {first} and not failed:
            failed.append("after the commit")
            raise StoreError("disk I/O error")

    first = shop.live().id
    shop.label(*train("refund", 5, start=700))
    monkeypatch.setattr(Store, "unit", late)
    with pytest.raises(StoreError, match="disk I/O error"):
        shop.retrain().run(actor="tests")
    assert names(shop.folder) == {first, shop.live().id}
    assert shop.live().id != first
    shop.learner()


def test_what_a_killed_run_did_not_get_to_record_is_deleted_a_month_later(shop: Shop) -> None:
    first, left = shop.live().id, KILLED[0]
    left_behind(shop.folder, left)
    os.utime(shop.folder / left)
    shop.label(*train("refund", 5, start=700))
    result = shop.retrain().run(actor="tests")
    assert names(shop.folder) == {first, result.version, left}  # whoever restored too old a database wants it back
    grow_old(shop.folder / left)
    shop.retrain().run(actor="tests")
    assert names(shop.folder) == {first, result.version}


def test_too_old_a_database_has_no_version_deleted_that_was_known_until_then(shop: Shop, tmp_path: Path) -> None:
    """However long it has been live: whoever restored that database by mistake has a month to notice."""
    before = tmp_path / "backup.db"
    with closing(sqlite3.connect(shop.data / "assistant.db")) as connection:
        connection.execute("VACUUM INTO ?", (str(before),))
    shop.label(*train("refund", 5, start=700))
    live = shop.retrain().run(actor="tests").version
    assert live is not None
    grow_old(shop.folder / live)
    shop.retrain().run(actor="tests")  # a night with nothing to do
    sweep(Store(open_engine(f"sqlite:///{before}")), shop.folder)
    assert live in names(shop.folder)


def test_a_dry_run_deletes_nothing(shop: Shop) -> None:
    left_behind(shop.folder, *KILLED)
    shop.label(*train("refund", 5, start=700))
    shop.retrain().run(actor="tests", dry_run=True)
    assert names(shop.folder) == {shop.live().id, *KILLED}


def test_while_another_run_is_at_work_its_folders_stay(shop: Shop) -> None:
    left_behind(shop.folder, *KILLED)
    with shop.store.unit() as uow:
        uow.locks.acquire(NAME, "elsewhere:1:0:abc", 60)
    assert shop.retrain().run(actor="tests").exit_code is ExitCode.LOCKED
    assert names(shop.folder) == {shop.live().id, *KILLED}


def test_a_run_that_lost_its_lock_records_nothing(shop: Shop) -> None:
    """The one that has the lock now may have deleted what this one wrote."""
    shop.label(*train("refund", 5, start=700))

    def lose(what: str, done: int, total: int) -> None:
        if what == "judging" and done:
            with shop.store.unit() as uow:
                uow.locks.release(NAME, str((uow.locks.holder(NAME) or ("",))[0]))
                uow.locks.acquire(NAME, "elsewhere:1:0:abc", 60)

    result = shop.retrain().run(actor="tests", progress=lose)
    assert (result.exit_code, len(shop.versions().all())) == (ExitCode.LOCKED, 1)
    assert "was lost to another one" in result.reason


def test_a_database_that_knows_no_version_has_none_deleted(tmp_path: Path) -> None:
    left_behind(tmp_path / "versions", *KILLED)
    migrate(tmp_path / "shop.db")
    sweep(Store(open_engine(tmp_path / "shop.db")), tmp_path / "versions")
    assert names(tmp_path / "versions") == set(KILLED)
