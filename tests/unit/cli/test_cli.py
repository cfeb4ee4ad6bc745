"""The command line as a person meets it: exit codes, one clear message, no traceback, nothing half done."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from typer.main import get_group

from assistant.bootstrap import Assistant
from assistant.cli import main, schedule, server
from assistant.cli.bench.commands import bench
from assistant.cli.schedule import parse_time, run_daily
from assistant.domain import Intent, Split, Version
from assistant.errors import AssistantError, InputError
from assistant.model.artifact import write_folder
from assistant.services.runs.retrain import Retrain
from assistant.settings import Settings

START = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, and an environment without settings."""
    for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `assistant` with these arguments as its console script does, in this process."""

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["assistant", *arguments])
        with pytest.raises(SystemExit) as ended:  # any other exception is the traceback that nobody should see
            main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def parts(home: Path, migrated: Path) -> Assistant:
    """An installation in `var` with two intents and nothing published."""
    parts = Assistant(Settings())
    parts.settings.data.mkdir()
    (parts.settings.data / "assistant.db").write_bytes(migrated.read_bytes())
    with parts.store.unit() as uow:
        for name in ("refund", "delivery"):
            uow.intents.add(Intent(name, name, "Yes."), "seed")
    return parts


def published(parts: Assistant, *names: str, reason: str = "retrain") -> None:
    """Versions one built on the other, each of them live in its turn."""
    parent = None
    for name in names:
        digest = write_folder(parts.settings.versions / name, {"model.json": b"{}"})
        with parts.store.unit() as uow:
            uow.versions.add(Version(name, parent, START, "ready", "encoder", digest, {"title": name}))
            uow.versions.publish(name, expected_live=parent, learned=(), actor="a", kind="publish", reason=reason)
        parent = name


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


def test_without_versions_the_lists_are_empty_and_nothing_rolls_back(run: Run, parts: Assistant) -> None:
    assert run("versions").code == 0
    ended = run("rollback")
    assert (ended.code, ended.err) == (2, "Error: no version is live yet, so there is nothing to roll back\n")
    ended = run("publish", "v1")
    assert (ended.code, ended.err) == (2, "Error: there is no version 'v1'; `assistant versions` lists them\n")


def test_a_run_that_is_not_due_ends_with_10_and_says_what_it_waits_for(run: Run, parts: Assistant) -> None:
    published(parts, "v1")
    ended = run("retrain", "--if-due")
    assert (ended.code, ended.err) == (10, "")
    assert "not due: 0 of 20 corrections wait" in ended.out


def test_rolling_back_changes_what_versions_shows(run: Run, parts: Assistant) -> None:
    published(parts, "v1", "v2")
    assert re.search(r"v2 .*live", run("versions").out)
    ended = run("rollback", "--reason", "wrong answers")
    assert (ended.code, ended.out) == (0, "version v1 is live\n")
    shown = run("versions").out
    assert re.search(r"v1 .*live", shown)
    assert re.search(r"rollback .*v2 .*v1 .*wrong", shown)
    assert run("rollback").err.startswith("Error: version v1 is the first one: there is nothing before it. If its")
    assert run("versions", "--report", "v2").out.startswith("# v2\n")


def test_an_empty_reason_is_refused(run: Run, parts: Assistant) -> None:
    published(parts, "v1", "v2")
    ended = run("rollback", "--reason", " ")
    assert (ended.code, "say why" in ended.err) == (2, True)


def test_what_people_typed_is_shown_as_they_typed_it(run: Run, parts: Assistant) -> None:
    published(parts, "v1", reason="[/b] see [ticket] :smile:")
    assert "".join(re.findall(r"\S", run("versions").out)).count("[/b]see") == 1
    assert ":smile:" in run("versions").out


def test_ids_are_shown_whole_on_a_narrow_terminal(run: Run, parts: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    names = ("v20250101020000-abcdef", "v20250102020000-fedcba")
    published(parts, *names)
    shown = run("versions").out
    assert [name in shown for name in names] == [True, True]
    assert "…" not in shown


def test_people_are_named_whole_on_a_narrow_terminal(
    run: Run, parts: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    name = "marie-christine.von-der-heide-oberhausen@support.shop.example.or"  # as long as a name may be
    run("operator", "add", name)
    people, log = run("operator", "list").out, run("audit").out
    assert name in "".join(re.findall(r"^│ ([^ ]+)", people, re.MULTILINE))
    assert "…" not in people + log


def test_import_stores_all_rows_and_counts_them(run: Run, parts: Assistant, home: Path) -> None:
    (home / "rows.csv").write_text('text,intent\n"money, back",refund\nwhere is it,delivery\n')
    ended = run("import", "rows.csv", "--split", "train")
    assert (ended.code, ended.out) == (0, "2 added, 0 relabelled, 0 there already\n")
    with parts.store.unit() as uow:
        assert [(e.text, e.intent, e.split) for e in uow.examples.all()] == [
            ("money, back", "refund", Split.TRAIN),
            ("where is it", "delivery", Split.TRAIN),
        ]
    (home / "rows.csv").write_text("text,intent\nMoney, back ,refund\n".replace("Money, back ", '"Money, back "'))
    assert run("import", "rows.csv").out == "0 added, 0 relabelled, 1 there already\n"


def test_import_with_an_unknown_intent_names_row_and_nearest_and_stores_nothing(
    run: Run, parts: Assistant, home: Path
) -> None:
    (home / "rows.csv").write_text("text,intent\nmoney back,refund\nwhere is it,delivry\nhello,refund\n")
    ended = run("import", "rows.csv")
    assert (ended.code, ended.out) == (2, "")
    says = "rows.csv, line 3: unknown intent 'delivry' (did you mean 'delivery'?); create it first"
    assert ended.err == f"Error: {says}, or have it created with --new-intents\n"
    with parts.store.unit() as uow:
        assert uow.examples.count() == 0


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


@pytest.mark.parametrize(
    ("text", "hour", "minute"), [("02:00", 2, 0), ("2:05", 2, 5), (" 23:59 ", 23, 59), ("00:00", 0, 0)]
)
def test_a_time_of_day_is_read(text: str, hour: int, minute: int) -> None:
    assert parse_time(text) == time(hour, minute)


@pytest.mark.parametrize("text", ["", "25:00", "24:00", "12:60", "12", "12:5", "2 am", "-1:00", "12:00:00", "１２:00x"])
def test_anything_else_is_no_time_of_day(text: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"--retrain-at {text!r} is not a time of day")):
        parse_time(text)


@pytest.mark.parametrize(
    ("at", "asked", "due"),
    [
        ("02:00", "01 01:59:59, 01 02:00:00, 01 02:00:05, 02 01:59:59, 02 02:00:03", "01 02:00:00, 02 02:00:03"),
        ("02:00", "01 02:00:00, 01 23:59:59, 02 00:00:00, 02 02:00:00", "02 02:00:00"),  # now is not next
        ("23:59", "01 23:58:00, 01 23:59:01, 02 00:10:00, 02 23:59:00", "01 23:59:01, 02 23:59:00"),
        ("00:00", "01 12:00:00, 01 23:59:59, 02 00:00:01, 02 00:00:06", "02 00:00:01"),
        ("02:30", "30 01:00:00, 30 01:59:58, 30 03:00:03, 30 04:00:00", "30 03:00:03"),  # summer time begins
        ("02:30", "26 02:00:00, 26 02:31:00, 26 02:59:59, 26 02:00:00, 26 02:31:00", "26 02:31:00"),  # and ends
        ("02:00", "01 01:00:00, 01 09:00:00, 02 01:00:00, 02 02:00:00", "01 09:00:00, 02 02:00:00"),  # it slept
        ("23:00", "01 22:00:00, 02 08:00:00, 02 23:00:01", "02 08:00:00, 02 23:00:01"),  # beyond midnight
        ("02:00", "29 12:00:00, 01 01:00:00, 01 02:00:00", "01 02:00:00"),  # the clock was a month ahead
        ("00:10", "01 12:00:00, 02 00:10:00, 01 23:10:00, 02 00:10:00", "02 00:10:00"),  # and some hours
    ],
)
def test_it_is_time_once_on_each_date(at: str, asked: str, due: str) -> None:
    moments = [datetime.fromisoformat(f"2025-03-{moment}") for moment in asked.split(", ")]
    daily = schedule.Daily(parse_time(at), moments[0])
    assert ", ".join(f"{moment:%d %H:%M:%S}" for moment in moments if daily.is_due(moment)) == due


def test_the_daily_run_goes_on_after_a_night_that_could_not_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    started: list[list[str]] = []
    done = threading.Event()

    def child(command: list[str], check: bool) -> subprocess.CompletedProcess[str]:
        started.append(command)
        if len(started) == 1:
            raise OSError("cannot allocate memory")
        done.set()
        return subprocess.CompletedProcess(command, 20)

    due = iter((False, True, True))
    monkeypatch.setattr(schedule, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(schedule.Daily, "is_due", lambda daily, now: next(due, False))
    monkeypatch.setattr(subprocess, "run", child)
    caplog.set_level(logging.INFO)
    stop = run_daily(time(2), ["retrain", "--settings", "x.toml"])
    assert done.wait(5)
    stop()
    assert started == [[sys.executable, "-P", "-m", "assistant.cli", "retrain", "--settings", "x.toml"]] * 2
    assert "assistant retrain could not be started; trying again tomorrow" in caplog.text


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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def test_an_address_that_does_not_exist_is_told() -> None:
    # Of a network kept for documentation; no name at all; holding a NUL; too long beyond ASCII.
    for host in ("192.0.2.1", "no host", "a\0b", "ü" * 60):
        with pytest.raises(AssistantError, match=rf"cannot serve on {host}:8000: .*; correct the setting `host`$"):
            server.listen(host, 8000)


def test_help_needs_no_settings_and_no_database(run: Run, home: Path) -> None:
    (home / "assistant.toml").write_text("broken = = 1")
    assert run("retrain", "--help").code == 0
    assert run("retrain").err.startswith("Error: settings file assistant.toml is not valid TOML: ")


def test_people_are_added_removed_and_taken_back_and_the_log_says_by_whom(run: Run, parts: Assistant) -> None:
    for arguments, says in (
        (("add", "ada", "--role", "lead"), "ada may sign in with the password "),
        (("add", "bob"), "bob may sign in with the password "),
        (("role", "bob", "lead"), "bob has the role lead"),
        (("remove", "ada"), "ada cannot sign in any more"),
        (("take-back", "ada"), "ada may sign in again with the password "),
        (("remove", "bob"), "bob cannot sign in any more"),
    ):
        ended = run("operator", *arguments)
        assert (ended.code, says in ended.out) == (0, True), ended
    listed = " ".join(run("operator", "list").out.split())
    assert re.search("ada . lead . yes . . bob . lead . no, removed", listed), listed
    refused = run("operator", "remove", "ada")
    assert (refused.code, "operator 'ada' is the only lead" in refused.err) == (2, True)
    with parts.store.unit(read_only=True) as uow:
        assert all(entry.actor.endswith("command line)") for entry in uow.audit.matching())
