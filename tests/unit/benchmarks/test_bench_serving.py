"""`assistant bench serving`: the figures of one run, on a real encoder."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from assistant.cli.bench import serving as command
from assistant.domain import Intent
from assistant.learning.update import Learner, update
from assistant.live_model import LiveSnapshot
from assistant.model.tuned import TunedEncoder
from assistant.services.benchmarks.serving import WARM_UP, Row, Serving, run_serving
from assistant.settings import Settings
from tests.synthetic import WordEncoder, plan, rows

TEXTS = [f"refund {n}" for n in range(30)]


@pytest.fixture(scope="module")
def snapshot() -> LiveSnapshot[Learner]:
    return LiveSnapshot("v1", update(Learner.untrained(WordEncoder(), plan()), rows("refund", "delivery"), plan()))


def test_the_reply_comes_first_then_the_engine_then_the_peers(snapshot: LiveSnapshot[Learner]) -> None:
    seen: list[tuple[str, int, int]] = []
    asked: list[str] = []

    def peer(text: str) -> None:
        asked.append(text)
        time.sleep(0.005)

    intents = {"refund": Intent("refund", "Refund", "Yes.")}
    result = run_serving(
        snapshot, intents, WordEncoder(), {"a slow peer": peer}, TEXTS, lambda *step: seen.append(step)
    )
    assert [row.name for row in result.rows] == ["whole reply", "engine's encode", "a slow peer"]
    assert all(0 < row.p50_ms <= row.p99_ms for row in result.rows)
    assert result.rows[2].p50_ms >= 5
    assert asked == TEXTS[:WARM_UP] + TEXTS
    assert result.throughput_per_s > 0
    assert {("messages one by one", 30, 30), ("8 callers at once", 30, 30)} <= set(seen)


def test_the_figures_that_are_written(tmp_path: Path) -> None:
    result = Serving(10, (Row("whole reply", 3.0, 4.0), Row("engine's encode", 2.5, 3.5)), 380.0)
    written = result.as_json()
    assert {key: written[key] for key in ("p50_ms", "p99_ms", "throughput_per_s", "encoder_p50_ms")} == {
        "p50_ms": 3.0, "p99_ms": 4.0, "throughput_per_s": 380.0, "encoder_p50_ms": 2.5,
    }  # fmt: skip
    assert written["overhead_ratio"] == pytest.approx(1.2)
    assert "| whole reply | 3.00 | 4.00 | 1.20 |" in result.as_markdown()


def test_a_consolidated_version_is_measured_with_the_encoder_that_it_holds(
    tiny_roberta: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody else has it, so that its name finds none."""
    encoder = TunedEncoder(tiny_roberta, "embedded (tuned)")
    live = LiveSnapshot("v1", update(Learner.untrained(encoder, plan()), rows("refund", "delivery", count=2), plan()))
    model = SimpleNamespace(snapshot=lambda: live)
    parts = SimpleNamespace(
        settings=Settings(), encoders=pytest.fail, serving_model=lambda: model, live_model=lambda: model
    )
    monkeypatch.setattr(command, "assistant", lambda file: parts)
    command.serving(messages=2)
    assert "| sentence-transformers' encode |" in capsys.readouterr().out
