"""What the README shows of the commands is what they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.readme_help import README, TERMINAL, block, blocks, commands, help_of, rewritten


@pytest.mark.parametrize("command", commands())
def test_the_readme_shows_the_help_of_every_command(command: str) -> None:
    shown = blocks(README.read_text(encoding="utf-8"))
    assert command in shown, f"README.md lacks <!-- help: {command} --> … <!-- end -->"


def test_every_help_in_the_readme_is_what_the_code_prints() -> None:
    stale = [name for name, text in blocks(README.read_text(encoding="utf-8")).items() if text != block(name)]
    assert not stale, "run `python -m tests.readme_help`"


def test_every_mark_in_the_readme_has_its_other_half() -> None:
    markdown = README.read_text(encoding="utf-8")
    assert markdown.count("<!-- help:") == markdown.count("<!-- end -->") == len(blocks(markdown))


@pytest.mark.parametrize(
    ("command", "surroundings"),
    [("retrain", {}), ("encoder switch", {"COLUMNS": "30", "FORCE_COLOR": "1", "TERM": "xterm-256color"})],
)
def test_the_help_shown_is_that_of_the_installed_command(command: str, surroundings: dict[str, str]) -> None:
    """The same text in a process of its own, whatever terminal the tests themselves run in."""
    bare = {"PATH": os.environ["PATH"], **surroundings, **TERMINAL}
    code = "import sys; sys.argv[0] = 'assistant'; from assistant.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *command.split(), "--help"], env=bare, capture_output=True, text=True, check=True
    )
    assert done.stdout == help_of(command)


def test_help_does_not_depend_on_the_terminal_of_the_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {command: help_of(command) for command in commands()}
    for name, value in {"COLUMNS": "40", "FORCE_COLOR": "1", "TERM": "xterm-256color", "LINES": "5"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert {command: help_of(command) for command in commands()} == before
    assert not [text for text in before.values() if "\x1b" in text or max(map(len, text.splitlines())) > 100]


def test_rewriting_replaces_the_blocks_and_nothing_else() -> None:
    text = "a\n<!-- help: retrain -->\nold\n<!-- end -->\nb\n<!-- help:  encoder switch  -->\n<!-- end -->\nc\n"
    new = rewritten(text)
    assert blocks(new) == {name: block(name) for name in ("retrain", "encoder switch")}
    assert [line for line in new.splitlines() if len(line) == 1] == ["a", "b", "c"]
    assert rewritten(new) == new


def test_a_block_of_a_command_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="assistant retrian --help ends with 2"):
        rewritten("<!-- help: retrian -->\n<!-- end -->\n")


@pytest.mark.parametrize(("code", "of_job"), [(0, 0), (10, 0), (20, 0), (30, 30), (1, 1), (2, 2)])
def test_a_job_of_kubernetes_fails_for_what_is_a_failure_alone(code: int, of_job: int, tmp_path: Path) -> None:
    (line,) = re.findall(r"command: \[sh, -c, '(.*assistant retrain.*)'\]", README.read_text(encoding="utf-8"))
    command = tmp_path / "assistant"
    command.write_text(f"#!/bin/sh\nexit {code}\n")
    command.chmod(0o755)
    assert subprocess.run(["/bin/sh", "-c", line], env={"PATH": str(tmp_path)}, check=False).returncode == of_job
