"""Settings: where values come from, and what a person reads who got one wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import Settings
from assistant.settings_file import changed, load_settings
from tests.unit.settings.conftest import loaded, message


def test_without_a_file_and_variables_there_are_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, {}) == Settings()


def test_the_file_here_is_read_without_being_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("port = 8000")
    monkeypatch.chdir(file.parent)
    assert load_settings(None, {}).port == 8000


@pytest.mark.parametrize(
    ("text", "key", "suggested", "known"),
    [
        ("prot = 1", "prot", "port", "known: data, encoder, corpus, "),
        (
            "[learning]\nmemmory = 3",
            "learning.memmory",
            "memory",
            "known: regularizer, selector, scope, replay, memory",
        ),
        ("[[retrain.ladder]]\nstrenght = 3", "retrain.ladder.0.strenght", "strength", "known: strength, replay"),
        ("[[retrain.ladder]]\n[[retrain.ladder]]\nreply = 3", "retrain.ladder.1.reply", "replay", "known: strength"),
        ("[learnig]\nmemory = 3", "learnig", "learning", "known: data, encoder"),
    ],
)
def test_a_misspelt_key_is_told_with_the_nearest_and_all(
    file: Path, text: str, key: str, suggested: str, known: str
) -> None:
    told = message(file, text)
    assert told.startswith(f"unknown setting {key!r} (did you mean {suggested!r}?); ")
    assert known in told


@pytest.mark.parametrize("text", ["gates = []", "[retrain]\nmemory = 3", "[learning.ladder]\nx = 1"])
def test_a_key_in_the_wrong_section_is_unknown_there(file: Path, text: str) -> None:
    assert message(file, text).startswith("unknown setting ")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("port = 70000", "setting port = 70000: Input should be less than or equal to 65535"),
        ("port = 0", "setting port = 0: "),
        ("port = true", "setting port = True: Input should be a valid integer"),
        ('port = "many"', "setting port = 'many': Input should be a valid integer"),
        ("port = 80.5", "setting port = 80.5: "),
        ("poll_seconds = 0", "setting poll_seconds = 0: "),
        ("host = 10", "setting host = 10: Input should be a valid string"),
        ('encoder = ""', "setting encoder = '': "),
        ('allowed_hosts = "shop.example"', "setting allowed_hosts = 'shop.example': write a list, in brackets"),
        ("allowed_hosts = [3]", "setting allowed_hosts.0 = 3: "),
        ("allowed_hosts = []", "setting allowed_hosts = []: "),
        ('allowed_hosts = ["*.shop.example"]', "setting allowed_hosts.0 = '*.shop.example': "),
        ('allowed_hosts = ["a", "https://shop.example"]', "setting allowed_hosts.1 = 'https://shop.example': "),
        ('chat.sites = ["shop.example"]', "setting chat.sites.0 = 'shop.example': "),
        ('chat.sites = ["https://shop.example:99999"]', "a port from 1 to 65535"),
        ('chat.sites = ["https://."]', "setting chat.sites.0 = 'https://.': "),
        ('chat.sites = ["https://shop..example"]', "setting chat.sites.0 = 'https://shop..example': "),
        ('allowed_hosts = ["."]', "setting allowed_hosts.0 = '.': "),
        ('chat.sites = ["https://shop.example/help"]', "setting chat.sites.0 = 'https://shop.example/help': "),
        ('chat.sites = ["https://bücher.example"]', "letters beyond a to z as browsers send them, xn--"),
        ('chat.sites = ["https://*.shop.example"]', "setting chat.sites.0 = 'https://*.shop.example': "),
        (
            'chat.sites = ["https://a.example; script-src *"]',
            "setting chat.sites.0 = 'https://a.example; script-src *': ",
        ),
        ('allowed_hosts = ["shop.example:7860"]', "setting allowed_hosts.0 = 'shop.example:7860': "),
        ('host = ""', "setting host = '': "),
        ("[learning]\nreplay = -0.1", "setting learning.replay = -0.1: Input should be greater than or equal to 0"),
        ("[learning]\nreplay = nan", "setting learning.replay = nan: "),
        ("[learning]\nmemory = 0", "setting learning.memory = 0: "),
        ("[learning]\nmemory = 2.0", "setting learning.memory = 2.0: "),
        ('[retrain]\nhold = "perhaps"', "setting retrain.hold = 'perhaps': "),
        ("[retrain]\nlock_seconds = 9", "setting retrain.lock_seconds = 9: "),
        ("[[retrain.ladder]]\nstrength = 0", "setting retrain.ladder.0.strength = 0: "),
        ("[[retrain.ladder]]\nstrength = inf", "setting retrain.ladder.0.strength = inf: "),
        ("[[retrain.ladder]]\nreplay = inf", "setting retrain.ladder.0.replay = inf: "),
        ("[retrain.ladder]\nstrength = 2", "setting retrain.ladder = {'strength': 2}: write a list, in brackets"),
    ],
)
def test_a_value_of_the_wrong_type_or_range_is_told_with_its_key(file: Path, text: str, says: str) -> None:
    assert says in message(file, text)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("learning = 3", "learning", "3"),
        ("[retrain]\nladder = [3]", "retrain.ladder.0", "3"),
        ('[learning]\nregularizer = "ewc"', "learning.regularizer", "'ewc'"),
        ('[retrain]\ngates = ["old_accuracy"]', "retrain.gates.0", "'old_accuracy'"),
    ],
)
def test_a_bare_value_where_a_table_belongs_is_told_how_to_write_one(
    file: Path, text: str, key: str, value: str
) -> None:
    assert f"setting {key} = {value}: write a table" in message(file, text)


@pytest.mark.parametrize("text", ['allowed_hosts = ["*"]', '[chat]\nlanguages = ["it"]'])
def test_a_list_whose_one_value_is_wrong_is_not_called_too_short(file: Path, text: str) -> None:
    assert "at least 1 item" not in message(file, text)


def test_everything_wrong_is_told_at_once(file: Path) -> None:
    told = message(file, "prot = 1\n[learning]\nmemory = 0\nreplay = 11")
    assert [part in told for part in ("'prot'", "learning.memory = 0", "learning.replay = 11")] == [True] * 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"port = = 1", r"is not valid TOML: .*line 1"),
        (b"port = 1\nport = 2", r"is not valid TOML: "),
        (b"host = '\xff'", r"is not UTF-8 .*utf-8.*save it as UTF-8"),
        ("port = 1".encode("utf-16"), r"is not UTF-8 .*utf-8.*save it as UTF-8"),
        (b"port = " + b"[" * 5000, r"is not valid TOML: .*recursion"),
        (b"port = " + b"9" * 5000, r"is not valid TOML: .*digits"),
    ],
)
def test_a_file_that_is_no_toml_is_named(file: Path, content: bytes, says: str) -> None:
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=rf"settings file {file} {says}"):
        load_settings(file, {})


@pytest.mark.parametrize("setting", ["data", "corpus"])
def test_an_empty_folder_is_not_taken_for_the_one_where_the_command_runs(file: Path, setting: str) -> None:
    assert "name a folder" in message(file, f"{setting} = ''")
    told = message(file, "", **{f"ASSISTANT_{setting.upper()}": ""})
    assert told.startswith(f"environment variable ASSISTANT_{setting.upper()}: setting {setting} = ''")
    assert loaded(file, f"{setting} = '.'") == Settings(**{setting: Path()})


def test_a_named_file_must_be_there_and_be_a_file(file: Path) -> None:
    with pytest.raises(SettingsError, match=f"settings file {file}: No such file"):
        load_settings(file, {})
    with pytest.raises(SettingsError, match=f"settings file {file.parent}: it is a folder"):
        load_settings(file.parent, {})


def test_values_cannot_be_set_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().learning.memory = 3  # type: ignore[misc]


def test_replaced_values_are_checked_as_loaded_ones_are() -> None:
    settings = changed(Settings(port=8000), {"learning": {"memory": 3}})
    assert (settings.port, settings.learning.memory, settings.learning.replay) == (8000, 3, 1.0)
    with pytest.raises(SettingsError, match=r"setting learning.memory = 0: "):
        changed(settings, {"learning": {"memory": 0}})
    with pytest.raises(SettingsError, match="did you mean 'memory'"):
        changed(settings, {"learning": {"memmory": 1}})


def test_a_byte_order_mark_is_skipped(file: Path) -> None:
    assert loaded(file, "\ufeffport = 8000").port == 8000


def test_a_link_that_leads_nowhere_is_not_taken_for_no_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The defaults would begin another shop beside the one that was meant."""
    (tmp_path / "assistant.toml").symlink_to(tmp_path / "gone.toml")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"settings file assistant\.toml: No such file"):
        load_settings(None, {})


def test_a_folder_in_the_place_of_the_settings_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "assistant.toml").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match=r"settings file assistant\.toml: it is a folder"):
        load_settings(None, {})
