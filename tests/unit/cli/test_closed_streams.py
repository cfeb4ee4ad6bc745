"""A service manager that closes the standard streams of what it starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CODE = """
import os, sys
from assistant.cli import main
from assistant.cli.server import web_server

sys.argv = ["assistant", "--help"]
try:
    main()
except SystemExit:
    pass
web_server(print)
with open("opened", "w") as file:
    os.write(1, b"what a library says")
    file.write(str(file.fileno()))
"""


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_server_can_be_made_and_no_file_gets_the_number_of_a_stream(closed: str, tmp_path: Path) -> None:
    line = ["sh", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, CODE]
    ended = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert int((tmp_path / "opened").read_text()) > 2
