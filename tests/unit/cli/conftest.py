"""The command line run in a folder of its own, with a shop in it or without."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assistant.bootstrap import Assistant
from assistant.cli import main
from assistant.domain import Intent, Version
from assistant.model.artifact import write_folder
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


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
