"""Settings read from a file and an environment of the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import Settings
from assistant.settings_file import load_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "assistant.toml"


def loaded(file: Path, text: str, **environment: str) -> Settings:
    file.write_text(text, encoding="utf-8")
    return load_settings(file, environment)


def message(file: Path, text: str, **environment: str) -> str:
    with pytest.raises(SettingsError) as caught:
        loaded(file, text, **environment)
    return str(caught.value)
