"""Alembic's entry. `assistant migrate` hands its connection over; the `alembic` command opens its own.

`alembic -x url=sqlite:///path revision --autogenerate` compares that database with the tables.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from assistant.errors import StoreError
from assistant.store.columns import Base
from assistant.store.engine import open_engine


def run(connection: Connection) -> None:
    # SQLite can roll DDL back; Alembic assumes it cannot. A failed migration must leave nothing behind.
    context.configure(connection=connection, target_metadata=Base.metadata, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    url = context.get_x_argument(as_dictionary=True).get("url")
    if not isinstance(url, str):
        raise StoreError("no database was named; add -x url=sqlite:///path/to/file.db")
    engine = open_engine(url)
    with engine.begin() as connection:
        run(connection)
    engine.dispose()


main()
