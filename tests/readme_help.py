"""The README's help blocks, written by the code: `python -m tests.readme_help` rewrites them.

A block lies between `<!-- help: COMMAND -->` and `<!-- end -->`, where COMMAND is `retrain` or `encoder switch`. It
shows what the command does, and unfolds to the whole help.
"""

from __future__ import annotations

import html
import io
import os
import re
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import typer.main

from assistant.cli.app import app

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"(?P<begin>^<!-- help:(?P<command>[^\n]*?)-->\n)(?P<body>.*?)(?P<end>^<!-- end -->$)", re.S | re.M)
TERMINAL = {"COLUMNS": "100", "LINES": "50", "NO_COLOR": "1", "TERM": "dumb"}


def commands() -> list[str]:
    """Every top-level command, as `assistant --help` lists them."""
    return list(typer.main.get_group(app).commands)


def help_of(command: str) -> str:
    """What `assistant COMMAND --help` prints. Raises ValueError for a command that does not exist."""
    out, err = io.StringIO(), io.StringIO()
    # Not typer's CliRunner: it forces a width of its own.
    with mock.patch.dict(os.environ, TERMINAL), redirect_stdout(out), redirect_stderr(err):
        try:
            app([*command.split(), "--help"], prog_name="assistant")
        except SystemExit as end:
            code = end.code
    if code:
        raise ValueError(f"assistant {command} --help ends with {code}: {err.getvalue()}")
    return out.getvalue()


def block(command: str) -> str:
    """What lies between the two marks of `command`."""
    lines = [line.rstrip() for line in help_of(command).strip().splitlines()]
    does = " ".join(line.strip() for line in lines[2 : lines.index("", 2)])  # after the usage, its first paragraph
    does = re.sub("`(.*?)`", r"<code>\1</code>", html.escape(does.rstrip("."), quote=False))  # inside HTML no Markdown
    summary = f"<details><summary><code>assistant {command}</code>: {does[0].lower()}{does[1:]}</summary>\n"
    return "\n".join([summary, f"```console\n$ assistant {command} --help", *lines, "```\n\n</details>\n"])


def blocks(markdown: str) -> dict[str, str]:
    """The blocks there are, by command."""
    return {found["command"].strip(): found["body"] for found in BLOCK.finditer(markdown)}


def rewritten(markdown: str) -> str:
    """The document with every block as the code says now."""
    return BLOCK.sub(lambda found: found["begin"] + block(found["command"].strip()) + found["end"], markdown)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
