"""Where a command may write is told before its work, and nothing but a regular file is ever replaced."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.drafts import draft_of
from assistant.errors import InputError
from assistant.services import files
from assistant.services.files import require_folder, require_writable, write_atomically


def test_a_file_that_may_be_written_is_left_as_it_is(tmp_path: Path) -> None:
    there = tmp_path / "there.json"
    there.write_text("old")
    for file in (there, tmp_path / "new.json"):
        require_writable(file)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("there.json", "old")]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "there.json"
    for content in (b"a longer one", b"short"):
        write_atomically(file, content)
        assert file.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["there.json"]


def test_a_link_in_the_place_of_the_draft_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("of somebody else")
    draft_of(tmp_path / "log.csv").symlink_to(other)
    write_atomically(tmp_path / "log.csv", b"mine")
    assert other.read_text() == "of somebody else"
    assert (tmp_path / "log.csv").read_bytes() == b"mine"
    assert not (tmp_path / "log.csv").is_symlink()


def test_drafts_of_killed_processes_are_deleted_and_those_of_others_stay(tmp_path: Path) -> None:
    killed = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    killed.kill()
    killed.wait()
    running, theirs = os.getppid(), ["notes.csv", ".draft-mine", ".draft-abc-report.json", f".draft-{10**9}9-huge"]
    for name in (f".draft-{killed.pid}-report.json", f".draft-{running}-report.json", *theirs):
        (tmp_path / name).write_text("half")
    export = tmp_path / f".draft-{killed.pid}-export"
    export.mkdir()
    (export / "model.onnx").write_text("half")
    write_atomically(tmp_path / "other.json", b"{}")
    assert {each.name for each in tmp_path.iterdir()} == {"other.json", f".draft-{running}-report.json", *theirs}


def test_what_is_no_regular_file_is_refused_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for refuse in (require_writable, lambda file: write_atomically(file, b"x")):
        with pytest.raises(InputError, match=r"cannot write .*pipe: it is there and no regular file; name another"):
            refuse(pipe)
    assert pipe.is_fifo()
    with pytest.raises(InputError, match=r"it is a folder; name a file in it"):
        require_writable(tmp_path)


def test_standard_output_is_written_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.write_text("table\n")
    link = tmp_path / "stdout"
    link.symlink_to(out)
    monkeypatch.setattr(files, "IN_PLACE", (link,))
    require_writable(link)
    write_atomically(link, b"figures\n")
    assert (link.is_symlink(), out.read_text()) == (True, "table\nfigures\n")


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that takes no file, even from root")
def test_a_place_that_takes_no_file_is_told() -> None:
    with pytest.raises(InputError, match=r"cannot write /proc/self/x\.json: .*; choose another place"):
        require_writable(Path("/proc/self/x.json"))
    with pytest.raises(InputError, match=r"cannot write in /proc/self: .*; choose another place"):
        require_folder(Path("/proc/self"))
