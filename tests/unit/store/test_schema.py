"""Promises of the schema: built by migrations alone, checked when opened, one transaction per migration."""

from __future__ import annotations

import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from argparse import Namespace
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.engine.interfaces import ReflectedIndex

import migrations
from assistant.errors import StoreError
from assistant.store import Store, check_revision, expected_revision, migrate, open_engine
from assistant.store.columns import Base
from assistant.store.inbox import QUEUE, InboxFilter

FIRST = "0001"
ROOT = Path(__file__).parents[3]
# What a shop that started with the first schema holds. Written as SQL: the tables of today may differ.
FIRST_ROWS = """
INSERT INTO intents VALUES ('refund','Refund','Yes','','answer','2025-01-01 00:00:00.000000','seed');
INSERT INTO conversations VALUES ('c1','2025-01-01 00:00:00.000000','bot',0);
INSERT INTO messages
  (conversation_id,role,text,created_at,scores,confidence,thresholds,decision,attention)
  VALUES ('c1','user','money back','2025-01-01 00:00:00.000000','[["refund",0.4]]',
    0.4,'{"answer":0.7}','clarify',2);
INSERT INTO examples (text,text_hash,intent,split,source,operator,created_at)
  VALUES ('give it back','h1','refund','train','seed','seed','2025-01-01 00:00:00.000000');
INSERT INTO versions VALUES ('v1',NULL,'2025-01-01 00:00:00.000000','ready','e','m','{}');
INSERT INTO learned VALUES (1,'v1');
INSERT INTO live VALUES (1,'v1');
"""


def columns_and_constraints(engine: Engine) -> dict[str, object]:
    """What Alembic's comparison leaves out: checks, foreign keys, and the conditions of indexes."""
    seen = inspect(engine)
    found: dict[str, object] = {}
    for table in seen.get_table_names():
        if table != "alembic_version":
            found[table] = (
                sorted((check["name"], check["sqltext"]) for check in seen.get_check_constraints(table)),
                sorted(str(key) for key in seen.get_foreign_keys(table)),
                sorted(str(unique) for unique in seen.get_unique_constraints(table)),
                seen.get_pk_constraint(table),
                sorted((str(i["name"]), i["unique"], _condition(i)) for i in seen.get_indexes(table)),
            )
    with engine.connect() as connection:
        made = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
        found["autoincrement"] = sorted(made.scalars())
    return found


def _condition(index: ReflectedIndex) -> str:
    return str(index.get("dialect_options", {}).get("sqlite_where"))


def migrate_to(path: Path, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    engine = open_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()  # whatever lies in the log beside it is in the file then


def indices(engine: Engine) -> dict[str, str]:
    """What was said to make each index, those with expressions too, which reflection leaves out."""
    with engine.connect() as connection:
        made = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
        return {name: re.sub(r"\s*([(),])\s*", r"\1", " ".join(sql.split())) for name, sql in made}


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrations_build_the_tables_that_the_code_declares(engine: Engine, tmp_path: Path) -> None:
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []
    declared = open_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    Base.metadata.create_all(declared)
    assert columns_and_constraints(engine) == columns_and_constraints(declared)
    assert indices(engine) == indices(declared)


def test_migrating_starts_from_nothing_creates_the_folder_and_can_be_repeated(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'folder 100%' / 'shop.db'}"
    migrate(url)
    migrate(url)
    check_revision(open_engine(url))


def test_the_folder_of_a_new_database_is_of_its_owner_alone(tmp_path: Path) -> None:
    migrate(tmp_path / "new" / "shop.db")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("data", ["file", "link", "file/var"])
def test_what_is_no_folder_and_stands_in_its_place_is_told(tmp_path: Path, data: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("unmounted")
    says = re.escape(f"cannot create the folder {tmp_path / data} of the database: a file is in its place, or a link")
    with pytest.raises(StoreError, match=f"^{says}.* not mounted; correct that, or the setting `data`$"):
        migrate(tmp_path / data / "assistant.db")


def test_a_folder_that_was_there_before_the_database_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    migrate(tmp_path / "shop.db")
    assert tmp_path.stat().st_mode & 0o777 == 0o750


def test_a_database_of_the_first_schema_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "first.db"
    migrate_to(path, FIRST)
    with sqlite3.connect(path) as raw:
        raw.executescript(FIRST_ROWS)
    migrate(f"sqlite:///{path}")
    with Store(open_engine(f"sqlite:///{path}")).unit() as uow:
        assert [(m.text, m.confidence, m.threshold) for m in uow.inbox.page(QUEUE, "need", 10, 0)] == [
            ("money back", 0.4, 0.7)
        ]
        found = uow.inbox.page(InboxFilter(words="MONEY", predicted="refund"), "newest", 10, 0)
        assert [m.text for m in found] == ["money back"]
        assert [example.text for example in uow.examples.all()] == ["give it back"]
        assert uow.examples.pending() == []
        live = uow.versions.live()
        assert live is not None
        assert live.id == "v1"


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ("9999", "newer version of this program"),
        ("0000_ancient", "newer version"),
        (FIRST, "assistant migrate"),
    ],
)
def test_a_database_at_another_revision_is_refused(database: Path, found: str, says: str) -> None:
    with sqlite3.connect(database) as raw:
        raw.execute("UPDATE alembic_version SET version_num = ?", [found])
    with pytest.raises(StoreError, match=re.escape(says)) as refused:
        Store(open_engine(f"sqlite:///{database}"))
    assert str(database) in str(refused.value)
    assert expected_revision() in str(refused.value)
    assert found in str(refused.value)


def test_an_older_backup_that_is_moved_under_a_running_program_tells_to_migrate(database: Path, tmp_path: Path) -> None:
    store, older = Store(open_engine(f"sqlite:///{database}")), tmp_path / "older.db"
    migrate_to(older, FIRST)
    for part in tmp_path.glob("shop.db*"):
        part.unlink()
    shutil.copy(older, database)
    told = "run `assistant migrate`"
    with pytest.raises(StoreError, match=f"no such table: .*{told}"), store.unit(read_only=True) as uow:
        uow.experiments.running()
    with pytest.raises(StoreError, match=f"no such column: .*{told}"), store.unit() as uow:
        uow.intents.retired()
    with pytest.raises(StoreError, match=f"has no column named .*{told}"), store.unit() as uow:
        uow.conversations.create()
    migrate(f"sqlite:///{database}")
    with store.unit() as uow:
        uow.conversations.create()


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("DELETE FROM alembic_version", "is empty or gone"),
        ("DROP TABLE alembic_version", "is empty or gone"),
        ("INSERT INTO alembic_version VALUES ('0001')", r"has 2 rows \(0001, "),
    ],
)
def test_tables_whose_revision_is_not_told_are_left_as_they_are(database: Path, damage: str, says: str) -> None:
    with sqlite3.connect(database) as raw:
        raw.execute(damage)
    before = database.read_bytes()
    for use in (migrate, lambda url: check_revision(open_engine(url))):
        with pytest.raises(StoreError, match=rf"{says}.*Restore the file from a backup") as refused:
            use(f"sqlite:///{database}")
        assert "(accepted_pairs, audit, " in str(refused.value)
    assert database.read_bytes() == before
    _, _, command_line = str(refused.value).rpartition("folder: ")
    program, *arguments = shlex.split(command_line)
    subprocess.run([Path(sys.executable).with_name(program), *arguments], cwd=ROOT, check=True, capture_output=True)
    check_revision(open_engine(f"sqlite:///{database}"))


def test_a_database_that_takes_no_writes_is_refused_though_it_needs_no_migration(engine: Engine) -> None:
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("PRAGMA query_only = 1"))
    with pytest.raises(StoreError, match="attempt to write a readonly database; make the file and its folder writable"):
        migrate(engine)


def test_an_empty_database_is_still_migrated(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
    migrate(f"sqlite:///{path}")
    check_revision(open_engine(f"sqlite:///{path}"))


def test_the_alembic_command_migrates_the_database_it_is_given(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    config = Config(cmd_opts=Namespace(x=[f"url={url}"]))
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    command.upgrade(config, "head")
    check_revision(open_engine(url))
    command.downgrade(config, "base")
    command.upgrade(config, "head")
    config.cmd_opts = Namespace(x=[])
    with pytest.raises(StoreError, match="-x url"):
        command.upgrade(config, "head")


def test_an_unknown_revision_is_not_migrated(database: Path) -> None:
    with sqlite3.connect(database) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="update the program"):
        migrate(f"sqlite:///{database}")


def test_a_missing_database_is_refused_and_not_created(tmp_path: Path) -> None:
    path = tmp_path / "missing.db"
    with pytest.raises(StoreError, match="start `assistant serve` once"):
        Store(open_engine(f"sqlite:///{path}"))
    assert not path.exists()


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE audit (something INTEGER)")
    with pytest.raises(StoreError, match="audit"):
        migrate(f"sqlite:///{path}")
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT name FROM sqlite_master").fetchall() == [("audit",)]


def test_processes_that_migrate_together_all_succeed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    processes = [get_context("spawn").Process(target=migrate, args=(url,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    check_revision(open_engine(url))


@pytest.mark.parametrize("url", ["", "shop.db", "sqlite://", "sqlite:///:memory:", "postgresql://host/shop"])
def test_an_address_that_is_no_file_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match="sqlite:///path"):
        open_engine(url)
