"""What every table shares: the declarative base, constraint names and the types of moments and of JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, LargeBinary, MetaData, Text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """This moment, timezone-aware."""
    return datetime.now(UTC)


class BrokenValueError(Exception):
    """A value in the database that nobody but a damage or another program can have put there."""


class _Checked(TypeDecorator[Any]):
    """Raises BrokenValueError for a stored value that is not of the type; SQLAlchemy lets whatever comes escape."""

    __abstract__ = True
    noun: str

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        read = super().result_processor(dialect, coltype)

        def checked(value: Any) -> Any:
            try:
                return read(value) if read else value
            except (ValueError, TypeError, RecursionError) as error:
                raise BrokenValueError(f"{str(value)[:60]!r} is no {self.noun}") from error

        return checked


class UtcDateTime(_Checked):
    """A timezone-aware moment. SQLite keeps no zone, so it is written in UTC and read back as UTC."""

    impl = DateTime
    cache_ok = True
    noun = "moment in time"

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}; use utc_now()")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Json(_Checked):
    """A JSON value of one kind, `dict` or `list`."""

    impl = JSON
    cache_ok = True

    def __init__(self, kind: type[dict[Any, Any] | list[Any]]) -> None:
        super().__init__(none_as_null=True)
        self.kind = kind
        self.noun = f"JSON {'object' if kind is dict else 'list'}"

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is not None and not isinstance(value, self.kind):
            raise TypeError(f"expected {self.kind.__name__}")
        return value


class Base(DeclarativeBase):
    """Base of the tables. Constraints are named, so that a later migration can alter them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, TypeEngine[Any] | type[TypeEngine[Any]]]] = {
        datetime: UtcDateTime,
        str: Text,
        bytes: LargeBinary,
        dict[str, object]: Json(dict),
        list[list[object]]: Json(list),
    }
