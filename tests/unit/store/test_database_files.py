"""The file and its log replaced, deleted or out of reach while they are in use."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from assistant.errors import StoreError
from assistant.store import Store
from tests.unit.store.conftest import NEW, names


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
