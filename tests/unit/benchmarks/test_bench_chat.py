"""Promises of the chat's benchmark: it asks a real server as the page does, and says what to do without one."""

from __future__ import annotations

import time

import pytest

from assistant.errors import AssistantError, InputError
from assistant.services.accounts.operators import Operators
from assistant.services.benchmarks.chat import run_chat
from assistant.store import Store
from tests.browser.serving import CHEAP_HASHER, build_app, serving
from tests.fakes import FakeLive


def test_the_wait_for_an_answer_is_measured_at_a_running_server(store: Store, live: FakeLive) -> None:
    live.before_predicting = lambda: time.sleep(0.2)
    with serving(build_app(store, live, Operators(store, CHEAP_HASHER))) as address:
        result = run_chat(address, ["one", "two", "three", "four"], lambda *_: None)
    first, later = result.rows
    assert result.messages == 4
    assert live.asked == ["one", "one", "two", "three", "four"]
    for row in (first, later):
        assert 200 < row.p50_ms <= row.p95_ms
    assert "first of a conversation" in result.as_markdown()
    with pytest.raises(AssistantError, match="assistant serve"):
        run_chat(address, ["one"], lambda *_: None)


def test_who_is_told_to_wait_sends_again_and_counts_no_wait(
    store: Store, live: FakeLive, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = iter([0.0, 1.0])
    monkeypatch.setattr("ui.web.pace.Paced._wait", lambda *_: next(waits, 0.0))
    with serving(build_app(store, live, Operators(store, CHEAP_HASHER))) as address:
        result = run_chat(address, ["one", "two"], lambda *_: None)
    assert live.asked == ["one", "one", "two"]
    assert all(row.p95_ms < 1000 for row in result.rows)


@pytest.mark.parametrize("address", ["", "localhost:7860", "ftp://x", "https://"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="for example"):
        run_chat(address, ["one"], lambda *_: None)
