"""Choice by name: a family of strategies is one literal table, a choice is a name with options."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from assistant.errors import UnknownStrategyError

T = TypeVar("T")


class Spec(BaseModel):
    """`{name = "ewc", strength = 50.0}`: a name from a table and the options of that strategy."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.__pydantic_extra__ or {})

    def with_options(self, **options: Any) -> Spec:
        return Spec(name=self.name, **{**self.options, **options})


def build(table: Mapping[str, type[T]], spec: Spec) -> T:
    """The strategy that `spec` names, with its options checked against the fields of its dataclass.

    Raises UnknownStrategyError for an unknown name or option, or a value of the wrong type.
    """
    try:
        strategy = table[spec.name]
    except KeyError:
        raise UnknownStrategyError(
            f"unknown strategy {spec.name!r}{nearest(spec.name, table)}; choose one of: {', '.join(table)}"
        ) from None
    fields = [f.name for f in dataclasses.fields(strategy)]  # type: ignore[arg-type]
    for option in spec.options:
        if option not in fields:
            raise UnknownStrategyError(
                f"strategy {spec.name!r} has no option {option!r}{nearest(option, fields)};"
                f" it has: {', '.join(fields) or 'none'}"
            )
    try:
        return TypeAdapter(strategy).validate_python(spec.options)
    except ValidationError as error:
        first = error.errors()[0]
        option = ".".join(str(part) for part in first["loc"])
        raise UnknownStrategyError(
            f"strategy {spec.name!r}: option {option} = {first['input']!r}: {first['msg']}"
        ) from None


def nearest(word: str, known: Mapping[str, Any] | list[str]) -> str:
    """` (did you mean 'x'?)` for the closest known word, or nothing."""
    match = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {match[0]!r}?)" if match else ""
