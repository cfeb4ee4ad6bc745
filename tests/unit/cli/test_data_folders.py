"""Where the data lies: made, lost, damaged, or somebody else's."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from assistant.bootstrap import Assistant
from assistant.services.runs.retrain import Retrain
from tests.unit.cli.conftest import Run, free_port, published


@pytest.mark.parametrize(
    "arguments",
    [["retrain"], ["retrain", "--dry-run"], ["versions"], ["rollback"], ["publish", "v1"], ["operator", "add", "bob"]],
)
def test_without_a_database_a_command_says_how_to_make_one(run: Run, home: Path, arguments: Sequence[str]) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (1, "")
    told = "start `assistant serve` once, which makes one and trains a first version, or correct the setting `data`"
    assert ended.err == f"Error: no database at var/assistant.db; {told}\n"
    assert list(home.iterdir()) == []


def test_migrate_makes_the_database_and_may_be_run_again(run: Run, home: Path) -> None:
    for _ in range(2):
        ended = run("migrate")
        assert (ended.code, ended.out) == (0, "The database var/assistant.db has the newest schema.\n")
    assert (home / "var" / "assistant.db").is_file()


@pytest.mark.parametrize("name", ["shop?new", "shop 100%41", "shop#new", "läden"])
def test_any_name_of_a_data_folder_is_taken_as_it_is(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("ASSISTANT_DATA", name)
    assert run("migrate").out == f"The database {name}/assistant.db has the newest schema.\n"
    assert [path.name for path in home.iterdir()] == [name]
    assert (home / name / "assistant.db").is_file()
    assert run("versions").code == 0


@pytest.mark.parametrize("lost", ["missing", "empty"])
@pytest.mark.parametrize("command", ["migrate", "serve", "versions"])
def test_a_database_that_was_lost_is_not_begun_anew(run: Run, parts: Assistant, lost: str, command: str) -> None:
    published(parts, "v1")
    database = parts.settings.database
    parts.store._engine.dispose()
    for path in database.parent.glob("assistant.db*"):
        path.unlink()
    if lost == "empty":
        database.touch()
    for _ in range(2):  # looking must not make it less empty
        ended = run(command, *(("--port", str(free_port())) if command == "serve" else ()))
        assert (ended.code, ended.out) == (1, "")
        assert f"the database {database} is {lost}, but {parts.settings.versions} holds versions" in ended.err
        assert "Restore" in ended.err
    assert [path.name for path in parts.settings.versions.iterdir()] == ["v1"]


def test_a_first_start_that_was_cut_off_before_its_database_was_there_is_made_again(run: Run, home: Path) -> None:
    (home / "var" / "versions" / ".draft-v1").mkdir(parents=True)
    (home / "var" / "assistant.db").touch()
    assert run("migrate").code == 0


@pytest.mark.parametrize("command", ["migrate", "versions", "serve"])
@pytest.mark.parametrize(("data", "says"), [('"a\\u0000b"', "null byte"), (f'"{"x" * 300}"', "File name too long")])
def test_a_data_folder_that_cannot_be_is_told(run: Run, home: Path, command: str, data: str, says: str) -> None:
    (home / "assistant.toml").write_text(f"data = {data}\nport = {free_port()}\n")
    ended = run(command)
    assert (ended.code, ended.out) == (1, "")
    assert says in ended.err
    assert "correct the setting `data`" in ended.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look anywhere")
def test_a_data_folder_of_somebody_else_is_told(run: Run, parts: Assistant) -> None:
    parts.settings.data.chmod(0)
    ended = run("versions")
    parts.settings.data.chmod(0o700)
    assert (ended.code, ended.out) == (1, "")
    assert "the folder 'var/versions' cannot be looked at: Permission denied; make it readable" in ended.err


def test_a_file_that_is_no_database_is_told(run: Run, home: Path) -> None:
    (home / "var").mkdir()
    (home / "var" / "assistant.db").write_bytes(b"something else" * 1000)
    ended = run("versions")
    assert (ended.code, "file is not a database" in ended.err) == (1, True)


def test_retraining_before_a_first_version_says_what_makes_one(run: Run, parts: Assistant) -> None:
    ended = run("retrain")
    assert ended.code == 1
    assert "no version is live yet; `assistant serve` trains the first one" in ended.err


def test_a_system_on_which_no_temporary_file_can_be_written_is_told_how_to_have_one(
    run: Run, parts: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container with a read-only root: libraries ask for such a folder when they are imported."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/proc/none"])
    monkeypatch.setattr(Retrain, "run", lambda self, **given: tempfile.mkdtemp())
    ended = run("retrain")
    assert ended.code == 1
    assert "No usable temporary directory found in ['/proc/none']" in ended.err
    assert "name a folder that this user can write in the environment variable TMPDIR, then run again" in ended.err
