"""The command line as a shell calls it, in this process."""

from __future__ import annotations

import sys

import pytest

from assistant.cli import main


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Its exit code."""
    monkeypatch.setattr(sys, "argv", ["assistant", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)
