"""The command line as a person meets it: exit codes, one clear message, no traceback, nothing half done."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.main import get_group

from assistant.bootstrap import Assistant
from assistant.cli import server
from assistant.cli.bench.commands import bench
from assistant.errors import AssistantError
from assistant.services.runs.retrain import ExitCode, Retrain, RetrainResult
from tests.unit.cli.conftest import Run, free_port, published


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--nope"], "No such option: --nope"),
        (["retrian"], "No such command 'retrian'"),
        (["retrain", "--dryrun"], "No such option: --dryrun"),
        (["retrain", "extra"], "unexpected extra argument"),
        (["import"], "Missing argument"),
        (["serve", "--port", "0"], "Invalid value for '--port'"),
        (["serve", "--port", "many"], "Invalid value for '--port'"),
        (["retrain", "--replay", "much"], "Invalid value for '--replay'"),
        (["import", "x.csv", "--split", "test"], "Invalid value for '--split'"),
        (["operator", "add", "bob", "--role", "boss"], "Invalid value for '--role'"),
        (["encoder"], "Usage: assistant encoder"),
        ([], "Usage: assistant"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what(run: Run, arguments: Sequence[str], says: str) -> None:
    ended = run(*arguments)
    assert (ended.code, says in ended.err + ended.out) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["serve", "--retrain-at", "25:00"], "--retrain-at '25:00' is not a time of day; write hours and minutes"),
        (["retrain", "--settings", "missing.toml"], "settings file missing.toml: No such file or directory"),
        (["retrain", "--replay", "11"], "setting learning.replay = 11.0: "),
        (["retrain", "--replay", "nan"], "setting learning.replay = nan: "),
        (["import", "missing.csv"], "missing.csv: there is no such file"),
        (["simulate", "--png", "no/such/x.png"], "cannot write no/such/x.png: there is no folder "),
        (["simulate", "--json", "."], "cannot write .: it is a folder"),
        (["bench", "stream", "x.csv", "--base", "1", "--step", "1", "--seeds", "a"], "--seeds 'a' is not a list"),
    ],
)
def test_what_the_caller_got_wrong_ends_with_2(run: Run, home: Path, arguments: Sequence[str], says: str) -> None:
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"Error: {says}")
    assert ended.err.count("\n") == 1  # one line, however long: scripts read it
    assert list(home.iterdir()) == []


WRITING = [["simulate"], ["shadow", "v1"], *(["bench", command] for command in get_group(bench).commands)]


@pytest.mark.parametrize("command", WRITING, ids=" ".join)
def test_figures_that_could_not_be_written_are_told_before_any_work(
    run: Run, home: Path, command: Sequence[str]
) -> None:
    os.mkfifo(home / "pipe")
    ended = run(*command, "--json", "pipe")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "Error: cannot write pipe: it is there and no regular file; name another\n"


def test_a_misspelt_regulariser_is_told_with_the_nearest(run: Run, parts: Assistant) -> None:
    ended = run("retrain", "--regularizer", "ewv")
    assert (ended.code, "unknown strategy 'ewv' (did you mean 'ewc'?)" in ended.err) == (2, True)


def test_a_misspelt_setting_is_told_with_the_variable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_PROT", "1")
    ended = run("versions")
    assert ended.code == 2
    assert ended.err.startswith(
        "Error: environment variable ASSISTANT_PROT: unknown setting 'prot' (did you mean 'port'"
    )


def test_the_first_start_tells_of_texts_that_train_and_holdout_label_unlike(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = {name: {"title": name, "answer": "Yes.", "action": "answer"} for name in ("refund", "delivery")}
    (home / "intents.json").write_text(json.dumps(described))
    (home / "train.csv").write_text("text,intent\nMoney back,refund\nToo late,delivery\n")
    (home / "holdout.csv").write_text("text,intent\nmoney back,delivery\nStill late,delivery\n")
    monkeypatch.setenv("ASSISTANT_CORPUS", str(home))
    monkeypatch.setenv("ASSISTANT_ENCODER", "./none")  # where this start ends
    ended = run("serve", "--port", str(free_port()))
    assert (ended.code, "./none" in ended.err) == (1, True)
    assert ended.out.startswith("Note: 1 of 2 holdout rows were left out, since their texts are trained on. 1 of them")
    assert "'money back' (refund in train.csv, delivery in holdout.csv)" in ended.out


def test_a_shop_that_runs_already_tells_that_another_corpus_is_not_read(
    run: Run, parts: Assistant, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(parts, "v1")
    monkeypatch.setattr(server, "run", lambda *given: None)
    monkeypatch.setenv("ASSISTANT_CORPUS", str(home / "corpus"))
    with parts.store.unit(read_only=True) as uow:
        own = [intent.name for intent in uow.intents.all()]

    def said(*names: str) -> str:
        (home / "corpus").mkdir(exist_ok=True)
        (home / "corpus" / "intents.json").write_text(json.dumps({name: {} for name in names}))
        ended = run("serve", "--port", str(free_port()))
        assert (ended.code, ended.err) == (0, "")
        return ended.out

    assert said(*own, "later_merged") == ""
    assert "for a first version, and this shop has one: 2 of the 3 intents there" in said(own[0], "loan", "card")
    shutil.rmtree(home / "corpus")
    ended = run("serve", "--port", str(free_port()))
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_a_run_that_is_not_due_ends_with_10_and_says_what_it_waits_for(run: Run, parts: Assistant) -> None:
    published(parts, "v1")
    ended = run("retrain", "--if-due")
    assert (ended.code, ended.err) == (10, "")
    assert "not due: 0 of 20 corrections wait" in ended.out


def test_the_installed_command_ends_the_same_way(home: Path) -> None:
    """In a process of its own: exit code and message reach a script, standard output stays empty."""
    command = [sys.executable, "-m", "assistant.cli", "import", "missing.csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: missing.csv: there is no such file")


def test_what_the_terminal_cannot_spell_does_not_end_a_command(parts: Assistant, home: Path) -> None:
    (home / "rows.csv").write_text("text,intent\nmoney back,Größe\n", encoding="utf-8")
    command = [sys.executable, "-m", "assistant.cli", "import", "rows.csv", "--new-intents"]
    poor = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=poor)
    assert done.returncode == 0, done.stderr
    assert "Written otherwise: 'Gr\\xf6\\xdfe' \\u2192 groesse" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_under_the_output_is_told(parts: Assistant) -> None:
    command = [sys.executable, "-m", "assistant.cli", "versions"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: [Errno 28] No space left on device; what was done until then stays")


@pytest.mark.parametrize("command", ["retrain", "learn"])
def test_a_night_that_is_stopped_says_what_is_live(
    run: Run, parts: Assistant, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def stopped(self: Retrain, **given: object) -> None:
        if command == "late":
            parts.versions().roll_back("lea", "meanwhile")
        raise KeyboardInterrupt

    published(parts, "v1", "v2")
    monkeypatch.setattr(Retrain, "run", stopped)
    ended = run(command)
    assert (ended.code, ended.err) == (130, "")
    assert ended.out.endswith("stopped: version v2 is live as before; the next run learns what waits\n")
    command = "late"
    assert run("retrain").out.endswith("stopped: version v1 is live\n")


def test_where_the_report_lies_is_told_where_one_was_written(
    run: Run, parts: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(parts, "v1")

    def told(*, written: bool) -> str:
        result = RetrainResult(ExitCode.REFUSED, "refused", "why", {"title": "Retrain"}, written=written)
        monkeypatch.setattr(Retrain, "run", lambda self, **given: result)
        return run("retrain").out

    assert "report in var/reports" in told(written=True)
    assert "report in" not in told(written=False)


def test_a_port_in_use_is_told_before_anything_is_made(run: Run, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("serve", "--port", str(port))
    assert ended.code == 1
    assert ended.err.startswith(f"Error: cannot serve on 127.0.0.1:{port}: Address already in use; stop what uses it")
    assert list(home.iterdir()) == []


def test_the_first_password_is_not_made_before_it_can_be_shown(
    run: Run, parts: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that fails late must not leave an account whose password nobody has seen."""
    published(parts, "v1")  # a folder without a model: it cannot be loaded
    ended = run("serve", "--port", str(free_port()))
    assert (ended.code, "version v1 cannot be used" in ended.err) == (1, True)
    with parts.store.unit() as uow:
        assert uow.operators.all() == []


def test_an_address_that_does_not_exist_is_told() -> None:
    # Of a network kept for documentation; no name at all; holding a NUL; too long beyond ASCII.
    for host in ("192.0.2.1", "no host", "a\0b", "ü" * 60):
        with pytest.raises(AssistantError, match=rf"cannot serve on {host}:8000: .*; correct the setting `host`$"):
            server.listen(host, 8000)


def test_help_needs_no_settings_and_no_database(run: Run, home: Path) -> None:
    (home / "assistant.toml").write_text("broken = = 1")
    assert run("retrain", "--help").code == 0
    assert run("retrain").err.startswith("Error: settings file assistant.toml is not valid TOML: ")
