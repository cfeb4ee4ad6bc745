"""`assistant erase` says what it would erase, asks, and `retrain` and `learn` do what the settings say."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.bootstrap import Assistant
from assistant.domain import Decision
from assistant.settings import Settings
from assistant.store import Store, migrate, open_engine
from tests.commands import run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shop whose only conversation is from 2025."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "var").mkdir()
    url = f"sqlite:///{tmp_path / 'var' / 'assistant.db'}"
    migrate(url)
    store = Store(open_engine(url), lambda: datetime(2025, 1, 1, tzinfo=UTC))
    with store.unit() as uow:
        uow.conversations.add_user_message(uow.conversations.create(), "I am Jane Doe", decision=Decision.SILENT)
    return tmp_path


def left(home: Path) -> int:
    parts = Assistant(Settings(data=home / "var"))
    return len(parts.erasing().saying("jane doe"))


def test_it_shows_what_it_found_and_erases_nothing_without_a_yes(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run(monkeypatch, "erase", "--saying", "jane") == 1
    assert "2025-01-01 00:00 UTC  I am Jane Doe" in capsys.readouterr().out
    assert left(home) == 1
    assert run(monkeypatch, "erase", "--saying", "jane", "--yes") == 0
    assert "erased 1 conversation with 1 message" in capsys.readouterr().out
    assert left(home) == 0
    assert run(monkeypatch, "erase", "--saying", "jane", "--yes") == 0
    assert "no conversation is to be erased" in capsys.readouterr().out


def test_what_is_old_goes_by_the_option_or_the_setting(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "erase", "--yes") == 2
    assert "--older-than DAYS" in capsys.readouterr().err
    assert run(monkeypatch, "erase", "--older-than", "30", "--saying", "jane") == 2
    assert run(monkeypatch, "erase", "--older-than", "0", "--yes") == 2
    for days in ("100000", "1000000", "9999999999999"):
        assert run(monkeypatch, "erase", "--older-than", days, "--yes") == 0
    assert left(home) == 1
    (home / "assistant.toml").write_text("retention_days = 30\n")
    assert run(monkeypatch, "erase", "--yes") == 0
    assert left(home) == 0


@pytest.mark.parametrize("command", [["retrain", "--if-due"], ["learn"]])
def test_what_learns_erases_what_the_settings_say_and_a_dry_run_does_not(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    (home / "assistant.toml").write_text("retention_days = 30\n")
    run(monkeypatch, "retrain", "--if-due", "--dry-run")
    assert left(home) == 1
    run(monkeypatch, *command)
    assert "erased 1 conversation, quiet for 30 days" in capsys.readouterr().out
    assert left(home) == 0


@pytest.mark.parametrize("command", [["retrain", "--if-due"], ["learn"]])
def test_what_learns_goes_on_where_a_backup_still_reads_what_was_erased(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    (home / "assistant.toml").write_text("retention_days = 30\n")
    monkeypatch.setattr("assistant.store.unit_of_work.READERS_SECONDS", 0.1)
    with Assistant(Settings(data=home / "var")).store.unit(read_only=True) as backup:
        backup.intents.all()
        assert run(monkeypatch, *command) == 1
        said = capsys.readouterr()
        assert "erased 1 conversation, but what erased ones said stays" in said.out
        assert "no version is live yet" in said.err  # so far it went
        assert run(monkeypatch, "erase", "--yes") == 1
        assert "others are reading" in capsys.readouterr().err
    assert run(monkeypatch, "erase", "--yes") == 0
    assert not any(b"Jane Doe" in file.read_bytes() for file in (home / "var").iterdir())
