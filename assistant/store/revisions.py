"""Which revision of the schema a database file has, and bringing it to the newest one."""

from __future__ import annotations

import shlex
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

import migrations
from assistant.counting import listed
from assistant.errors import StoreError
from assistant.store.engine import open_engine
from assistant.store.failures import RESTORE, store_errors

MARK = "alembic_version"


def _config() -> Config:
    config = Config()
    folder = Path(migrations.__file__).parent
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def expected_revision() -> str:
    """The newest revision that this installation knows."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise StoreError(f"no migrations in {migrations.__file__}; reinstall the package")
    return head


def migrate(target: Engine | str | Path) -> None:
    """Bring a database to the newest revision, creating file and folder; does nothing when it is there.

    One transaction: processes that start together wait for the first. Raises StoreError, also where nothing can be
    written.
    """
    if not isinstance(target, Engine):
        engine = open_engine(target)
        try:
            migrate(engine)
        finally:
            engine.dispose()
    else:
        _upgrade(target)


def _upgrade(engine: Engine) -> None:
    file = Path(str(engine.url.database))
    config = _config()
    try:
        # Other users of the machine shall read no messages. A folder that is there already is as its owner wants it.
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        place, reason = (error.filename or file.parent), error.strerror or error
        if isinstance(error, FileExistsError | NotADirectoryError):
            reason = "a file is in its place, or a link to a folder out of reach, such as on a disk that is not mounted"
        raise StoreError(
            f"cannot create the folder {place} of the database: {reason}; correct that, or the setting `data`"
        ) from error
    with store_errors(engine), engine.begin() as connection:
        found = _revision(connection)
        if found is not None and found not in _known(config):
            raise StoreError(_mismatch(engine, found))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        # What was there already is written once more: who cannot write shall not serve, or customers would find out.
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")


def check_revision(engine: Engine) -> None:
    """Raises StoreError unless the database exists and is exactly at the newest revision."""
    if not Path(str(engine.url.database)).is_file():
        raise StoreError(
            f"no database at {engine.url.database}; start `assistant serve` once, which makes one and trains a first"
            " version, or correct the setting `data`"
        )
    with store_errors(engine), engine.execution_options(read_only=True).begin() as connection:
        found = _revision(connection)
    if found != expected_revision():
        raise StoreError(_mismatch(engine, found))


def require_kept(file: Path, versions: Path) -> None:
    """Raises StoreError when the database `file` is missing or empty and the folder `versions` is not.

    Then it was lost, and a new one in its place would hide that. Also where this user may not look, or cannot.
    """
    try:
        if not any(each.is_dir() and not each.name.startswith(".") for each in versions.iterdir()):
            return
        is_there = file.is_file()
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError) as error:  # ValueError: a path that holds a NUL
        reason = getattr(error, "strerror", None) or error
        raise StoreError(
            f"the folder {str(versions)!r} cannot be looked at: {reason}; make it readable and writable for this"
            " user, or correct the setting `data`"
        ) from error
    found = "missing"
    if is_there:
        engine = open_engine(file)
        try:
            with store_errors(engine), engine.execution_options(read_only=True).begin() as connection:
                if inspect(connection).get_table_names():
                    return
        finally:
            engine.dispose()
        found = "empty"
    raise StoreError(
        f"the database {file} is {found}, but {versions} holds versions of a shop: labels, conversations and accounts"
        f" are lost. Restore {file} from a backup; to begin anew instead, move {versions} away"
    )


def _revision(connection: Connection) -> str | None:
    """None for a database without tables. Raises StoreError for tables whose revision is not told, or told twice."""
    found = MigrationContext.configure(connection).get_current_heads()
    tables = sorted({*inspect(connection).get_table_names()} - {MARK}) if len(found) != 1 else []
    if len(found) < 2 and not tables:
        return next(iter(found), None)
    named = listed(tables, 5)
    kept = f"has {len(found)} rows ({', '.join(sorted(found))})" if found else "is empty or gone"
    file = Path(str(connection.engine.url.database)).absolute()
    address = shlex.quote(f"url=sqlite:///{file}")
    raise StoreError(
        f"the database {file} holds tables ({named}), but {MARK}, which has one row with their revision, {kept};"
        f" nothing was changed. {RESTORE.capitalize()}. Or, if it was last used by this version of the program"
        f" and nothing else is lost, mark it, in the program's folder: alembic -x {address} stamp"
        f" --purge {expected_revision()}"
    )


def _known(config: Config) -> set[str]:
    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


def _mismatch(engine: Engine, found: str | None) -> str:
    expected = expected_revision()
    if found is not None and found not in _known(_config()):
        remedy = f"it was written by a newer version of this program, or damaged: update the program, or {RESTORE}"
    else:
        remedy = "run `assistant migrate`"
    return f"the database {engine.url.database} has revision {found or 'none'}, expected {expected}; {remedy}"
