"""`assistant bench inbox` asks for pages that hold something, in every order."""

from __future__ import annotations

import pytest

from assistant.services.benchmarks.inbox import CASES, fill, run_inbox
from assistant.services.desk.labeling import Labeling
from assistant.store import Store
from tests.fakes import FakeLive


def test_every_filter_finds_some_of_the_messages_and_none_but_all_finds_all(store: Store, live: FakeLive) -> None:
    fill(store, 1000, lambda *told: None)
    totals = {name: Labeling(store, live).inbox(wanted).total for name, wanted in CASES.items()}
    assert {name for name, total in totals.items() if total == 1000} == {"all", "days"}
    assert min(totals.values()) > 0
    assert (totals["without a label"], totals["signal"], totals["rare search"]) == (900, 50, 1)


def test_each_filter_has_its_figures() -> None:
    steps: list[tuple[str, int, int]] = []
    result = run_inbox(100, lambda *told: steps.append(told))
    assert result.messages == 100
    assert [row.name for row in result.rows] == list(CASES)
    assert all(0 < row.p50_ms <= row.p95_ms for row in result.rows)
    assert min(row.p50_ms for row in result.rows) <= result.p50_ms <= result.p95_ms
    assert ("writing messages", 100, 100) in steps
    assert ("asking for pages", 0, 3) in steps
    assert result.as_json()["p95_ms"] == pytest.approx(result.p95_ms)
    assert "| rare search |" in result.as_markdown()
