"""What a person names in place of a file is told at once; nothing waits for it or fills the memory with it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.reading import LARGEST, read_whole

READERS = {
    "import": "from assistant.services.rows.importing import rows_of; rows_of(path)",
    "settings": "from assistant.settings_file import load_settings; load_settings(path, {})",
    "domains": "from assistant.services.benchmarks.drift import read_domains; read_domains(path)",
    "corpus": "from assistant.services.rows.corpus import read_corpus; read_corpus(path.parent)",
    "version": "from assistant.model.artifact import read_folder; read_folder(path.parent)",
}
NAMES = {"corpus": "intents.json", "version": "manifest.json"}
PLACES: dict[str, tuple[Callable[[Path], None], str]] = {
    "pipe": (os.mkfifo, "it is a pipe, which may never end"),
    "device": (lambda path: path.symlink_to("/dev/zero"), "it is a device or a socket, which may never end"),
    "folder": (Path.mkdir, "it is a folder"),
    "huge": (lambda path: path.touch() or os.truncate(path, 2**40), "bytes, more than the"),  # type: ignore[func-returns-value]
}


TELL = """
{load}
for name in {names}:
    path = pathlib.Path(name)
    try:
        {read}
    except AssistantError as error:
        print(error, flush=True)
"""


def test_what_never_ends_is_refused_at_once(tmp_path: Path) -> None:
    """By every reader, one after the other in a process of bounded memory."""
    code = ["import pathlib; from assistant.errors import AssistantError"]
    wanted = list[tuple[Path, str]]()
    for reader, lines in READERS.items():
        paths = [tmp_path / reader / place / NAMES.get(reader, "rows.csv") for place in PLACES]
        for path, (make, says) in zip(paths, PLACES.values(), strict=True):
            path.parent.mkdir(parents=True)
            make(path)
            wanted.append((path, says))
        load, _, read = lines.partition("; ")
        code.append(TELL.format(load=load, names=[str(path) for path in paths], read=read))
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(code)],
        capture_output=True, text=True, timeout=60, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (16 * 2**30, 16 * 2**30)),
    )  # fmt: skip
    for line, (path, says) in zip(done.stdout.splitlines(), wanted, strict=True):
        assert str(path) in line or path.parent.name in line
        assert says in line


def test_a_pipe_between_two_commands_has_no_suffix_to_be_read_by(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "assistant.cli", "import", "/dev/stdin"]
    done = subprocess.run(line, input="text,intent\na,b\n", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "/dev/stdin: unknown suffix ''; give a file that ends in one of: .csv, .jsonl, .json" in done.stderr


def test_a_file_of_the_largest_size_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"12345")
    assert read_whole(path, most=5) == b"12345"
    with pytest.raises(OSError, match="it has 5 bytes, more than the 4 that are read at once"):
        read_whole(path, most=4)
    assert read_whole(path, most=None) == read_whole(path, LARGEST)
