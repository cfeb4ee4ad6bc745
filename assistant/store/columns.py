"""What every table shares: the declarative base, constraint names and types that read only what was written."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, DateTime, Dialect, Double, Integer, LargeBinary, MetaData, Text, event
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
    place = "a value"  # table and column, once it is in one

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        read = super().result_processor(dialect, coltype)

        def checked(value: Any) -> Any:
            try:
                return read(value) if read else value
            except (ValueError, TypeError, RecursionError) as error:
                raise BrokenValueError(f"{self.place}: {str(value)[:60]!r} is no {self.noun}") from error

        return checked


@event.listens_for(Column, "after_parent_attach")
def _placed(column: Column[Any], table: Any) -> None:
    if isinstance(column.type, _Checked):
        own = copy(column.type)  # one type stood for all columns of its kind until here
        own.place = f"{table.name}.{column.name}"
        column.type = own


class _Plain(_Checked):
    """SQLite keeps in any column whatever it is given."""

    __abstract__ = True
    kinds: tuple[type, ...]

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is not None and type(value) not in self.kinds:
            raise TypeError(f"expected {self.noun}")
        return value


class Words(_Plain):
    impl = Text
    cache_ok = True
    noun, kinds = "text", (str,)


class Whole(_Plain):
    impl = Integer
    cache_ok = True
    noun, kinds = "whole number", (int,)


class Real(_Plain):
    impl = Double
    cache_ok = True
    noun, kinds = "number", (float, int)


class OneOf(_Checked):
    """A word of an enumeration, as text."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words
        self.noun = f"{words.__name__} ({', '.join(words)})"
        self._known = frozenset(word.value for word in words)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is not None and value not in self._known:
            raise ValueError(f"expected {self.noun}")
        return value


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
        str: Words(),
        int: Whole(),
        float: Real(),
        bytes: LargeBinary,
        dict[str, object]: Json(dict),
        list[list[object]]: Json(list),
    }
