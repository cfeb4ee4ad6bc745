"""`assistant health` on an installation: with nothing, and with two versions."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from assistant.bootstrap import Assistant
from assistant.domain import Version
from assistant.settings import Settings
from tests.commands import run

START = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def parts(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Assistant:
    monkeypatch.chdir(tmp_path)
    parts = Assistant(Settings())
    parts.settings.data.mkdir()
    (parts.settings.data / "assistant.db").write_bytes(migrated.read_bytes())
    return parts


def publish(parts: Assistant, name: str, parent: str | None, accuracy: float, intent: str = "refund") -> None:
    told: dict[str, object] = {"intents": {intent: {"before": 0.9, "after": accuracy, "rows": 20}}}
    with parts.store.unit() as uow:
        uow.versions.add(Version(name, parent, START, "ready", "encoder", "sha", told))
        uow.versions.publish(name, expected_live=parent, learned=(), actor="a", kind="publish", reason="a test")


def test_without_a_version_it_says_what_to_do(
    parts: Assistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "health") == 0
    assert "`assistant serve` trains the first one" in capsys.readouterr().out


def test_it_prints_versions_and_losses_and_writes_the_figures(
    parts: Assistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(parts, "v1", None, 0.95)
    assert run(monkeypatch, "health") == 0
    assert "no intent with enough holdout rows is below its best" in capsys.readouterr().out
    publish(parts, "v2", "v1", 0.85)
    assert run(monkeypatch, "health", "--csv", "figures") == 0
    out = capsys.readouterr().out
    assert "85.0" in out
    assert "10.0" in out
    assert str(Path("figures") / "fallen.csv") in out
    assert Path("figures/fallen.csv").read_text().splitlines()[1] == "refund,95.0,v1,85.0,10.0,20"


def test_names_and_ids_are_folded_on_a_narrow_terminal_and_not_cut(
    parts: Assistant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name, first = "change_of_the_delivery_address", "v20261129210804-2812ba"
    publish(parts, first, None, 0.95, name)
    publish(parts, "v2", first, 0.85, name)
    monkeypatch.setattr("assistant.cli.health.out", Console(width=80))
    assert run(monkeypatch, "health") == 0
    rows = [line.split("│") for line in capsys.readouterr().out.partition("below their best")[2].splitlines()]
    intents, versions = ("".join(row[at].strip() for row in rows if len(row) > 3) for at in (1, 3))
    assert (intents, versions) == (name, first)
