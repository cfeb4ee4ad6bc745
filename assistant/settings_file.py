"""Reads the settings from one TOML file and the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant.errors import SettingsError
from assistant.reading import read_whole
from assistant.settings import Rung, Settings
from assistant.strategies import nearest

FILE = "assistant.toml"
LARGEST_FILE = 2**20  # bytes
PREFIX = "ASSISTANT_"


def load_settings(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of `file` (default: assistant.toml here, if there is one), overridden by the environment.

    ASSISTANT_PORT=8000 sets `port`; ASSISTANT_LEARNING__MEMORY=10 sets `memory` in `[learning]`. Values are TOML,
    or plain text. Raises SettingsError naming the key (and the variable that set it), the value received and, for an
    unknown key, the nearest.
    """
    values, variables = _read(file), dict[tuple[str, ...], str]()
    for key, text in sorted((os.environ if environment is None else environment).items()):
        if key.startswith(PREFIX):
            path = key.removeprefix(PREFIX).lower().split("__")
            variables[tuple(path)] = key
            _put(values, path, _value(text), key)
    return _validated(values, variables)


def _validated(values: Mapping[str, object], variables: Mapping[tuple[str, ...], str]) -> Settings:
    """`variables` names the environment variable that set the value at a path."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        found = error.errors()
        # A list of which a part was refused passes for too short then, though it need not be.
        within = {problem["loc"][:-1] for problem in found}
        told = [each for each in found if each["type"] != "too_short" or each["loc"] not in within]
        raise SettingsError("; ".join(_explained(problem, variables) for problem in told)) from None


def changed(settings: Settings, changes: Mapping[str, Mapping[str, object]]) -> Settings:
    """The settings with some values of some sections replaced. Raises SettingsError as `load_settings` does."""
    values = settings.model_dump(exclude_unset=True)  # what nobody set stays unset, and gives way to constraints
    for section, replaced in changes.items():
        values[section] = {**values.get(section, {}), **replaced}
    return _validated(values, {})


def _read(file: Path | None) -> dict[str, Any]:
    path = file or Path(FILE)
    if file is None and not os.path.lexists(path):  # a link that leads nowhere is no wish for the defaults
        return {}
    try:
        return tomllib.loads(read_whole(path, LARGEST_FILE).decode("utf-8-sig"))  # editors on Windows put a mark there
    except OSError as error:
        raise SettingsError(f"settings file {path}: {error.strerror}; name a file with settings") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"settings file {path} is not UTF-8 ({error}); save it as UTF-8") from error
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        raise SettingsError(f"settings file {path} is not valid TOML: {error}") from error


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def _put(values: dict[str, Any], path: list[str], value: Any, key: str) -> None:
    for part in path[:-1]:
        values = values.setdefault(part, {})
        if not isinstance(values, dict):
            raise SettingsError(f"environment variable {key}: {part!r} is not a section")
    values[path[-1]] = value


SHAPES = {
    "model_type": "write a table, { key = value }, or a [section]",
    "tuple_type": "write a list, in brackets also where it has one value",
}


def _explained(problem: Any, variables: Mapping[tuple[str, ...], str]) -> str:
    loc = problem["loc"]
    where = ".".join(str(part) for part in loc)
    setter = next((key for path, key in variables.items() if path[: len(loc)] == loc[: len(path)]), None)
    source = f"environment variable {setter}: " if setter else ""
    if problem["type"] == "extra_forbidden":
        section: Any = Settings
        for part in loc[:-1]:
            section = section.model_fields[part].annotation if isinstance(part, str) else Rung
        known = list(section.model_fields)
        return f"{source}unknown setting {where!r}{nearest(str(loc[-1]), known)}; known: {', '.join(known)}"
    return f"{source}setting {where} = {problem['input']!r}: {SHAPES.get(problem['type'], problem['msg'])}"
