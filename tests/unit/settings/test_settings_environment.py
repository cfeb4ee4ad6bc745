"""Environment variables win over the file, and are told by their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.settings import Rung
from assistant.settings_file import load_settings
from assistant.strategies import Spec
from tests.unit.settings.conftest import loaded, message


def test_the_process_environment_is_read_unless_another_is_given(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_PORT", "8001")
    file.write_text("port = 8000")
    assert (load_settings(file).port, load_settings(file, {}).port) == (8001, 8000)


def test_the_environment_overrides_the_file(file: Path) -> None:
    settings = loaded(
        file,
        "port = 8000\nhost = 'a'\n[learning]\nmemory = 5\nreplay = 2",
        ASSISTANT_PORT="8001",
        ASSISTANT_LEARNING__MEMORY="10",
        OTHER_PORT="9",
    )
    assert (settings.port, settings.host, settings.learning.memory, settings.learning.replay) == (8001, "a", 10, 2.0)


@pytest.mark.parametrize(
    ("name", "value", "path", "read"),
    [
        ("ENCODER", "my/model", "encoder", "my/model"),  # not TOML: plain text
        ("ENCODER", '"my/model"', "encoder", "my/model"),
        ("HOST", "127.0.0.1", "host", "127.0.0.1"),
        ("DATA", "/srv/shop", "data", Path("/srv/shop")),
        ("ALLOWED_HOSTS", '["Shop.example"]', "allowed_hosts", ("shop.example",)),
        ("CHAT__SITES", '["https://Shop.example:8443"]', "chat.sites", ("https://shop.example:8443",)),
        ("RETRAIN__HOLD", "true", "retrain.hold", True),
        ("RETRAIN__LADDER", "[{strength = 2.0}]", "retrain.ladder", (Rung(strength=2.0),)),
        ("LEARNING__REGULARIZER__NAME", "none", "learning.regularizer", Spec(name="none")),
        ("LEARNING__REGULARIZER", '{name = "none"}', "learning.regularizer", Spec(name="none")),
        ("LEARNING", "{memory = 7}", "learning.memory", 7),
    ],
)
def test_a_variable_holds_toml_or_plain_text(file: Path, name: str, value: str, path: str, read: object) -> None:
    found: object = loaded(file, "", **{f"ASSISTANT_{name}": value})
    for part in path.split("."):
        found = getattr(found, part)
    assert found == read


def test_a_variable_adds_an_option_to_the_strategy_of_the_file(file: Path) -> None:
    settings = loaded(
        file, '[learning]\nregularizer = {name = "ewc"}', ASSISTANT_LEARNING__REGULARIZER__STRENGTH="50.0"
    )
    assert settings.learning.regularizer.options == {"strength": 50.0}


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ASSISTANT_PROT", "1", "unknown setting 'prot' (did you mean 'port'?)"),
        ("ASSISTANT_LEARNING__MEMMORY", "1", "unknown setting 'learning.memmory' (did you mean 'memory'?)"),
        ("ASSISTANT_LEARNIN__MEMORY", "1", "unknown setting 'learnin' (did you mean 'learning'?)"),
        ("ASSISTANT_HOME", "x", "unknown setting 'home'"),
        ("ASSISTANT_", "x", "unknown setting ''"),
        ("ASSISTANT_PORT", "70000", "setting port = 70000: "),
        ("ASSISTANT_PORT", "many", "setting port = 'many': "),
        ("ASSISTANT_PORT", "9" * 5000, "setting port = '999"),
        ("ASSISTANT_PORT__FIRST", "1", "setting port = {'first': 1}: "),
        ("ASSISTANT_LEARNING", "3", "setting learning = 3: write a table"),
        ("ASSISTANT_LEARNING__REGULARIZER", "ewc", "setting learning.regularizer = 'ewc': write a table"),
        ("ASSISTANT_RETRAIN__LADDER", "[{strenght = 1.0}]", "unknown setting 'retrain.ladder.0.strenght'"),
    ],
)
def test_what_is_wrong_in_the_environment_names_the_variable(file: Path, name: str, value: str, says: str) -> None:
    assert f"environment variable {name}: {says}" in message(file, "host = 'a'", **{name: value})


def test_what_is_wrong_in_the_file_blames_no_variable(file: Path) -> None:
    assert "ASSISTANT_" not in message(file, "port = 0", ASSISTANT_HOST="a", ASSISTANT_LEARNING__MEMORY="3")


@pytest.mark.parametrize("text", ["learning = 3", ""])
def test_a_value_inside_what_is_no_section_is_refused(file: Path, text: str) -> None:
    above = {} if text else {"ASSISTANT_LEARNING": "3"}
    told = message(file, text, **above, ASSISTANT_LEARNING__MEMORY="4")
    assert told == "environment variable ASSISTANT_LEARNING__MEMORY: 'learning' is not a section"
