"""Ctrl+C while a command loads its libraries, which takes most of its first second."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import os, signal, sys

class CtrlC:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, CtrlC())
from assistant.cli import main
main()
"""


def test_a_command_that_is_stopped_while_it_loads_says_no_more_than_that() -> None:
    ended = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "stopped\n")
