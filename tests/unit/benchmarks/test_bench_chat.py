"""Promises of the chat's benchmark: it asks a real server as the page does, and says what to do without one."""

from __future__ import annotations

import socketserver
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from assistant.errors import AssistantError, InputError
from assistant.services.accounts.operators import Operators
from assistant.services.benchmarks.chat import Page, run_chat
from assistant.store import Store
from tests.browser.serving import CHEAP_HASHER, build_app, serving
from tests.fakes import FakeLive


def test_the_wait_for_an_answer_is_measured_at_a_running_server(store: Store, live: FakeLive) -> None:
    live.before_predicting = lambda: time.sleep(0.2)
    with serving(build_app(store, live, Operators(store, CHEAP_HASHER))) as address:
        told: list[tuple[str, int, int]] = []
        result = run_chat(address, ["one", "two", "three", "four"], lambda *what: told.append(what))
    assert told == [("messages", done, 4) for done in range(5)]
    first, later = result.rows
    assert result.messages == 4
    assert live.asked == ["one", "one", "two", "three", "four"]
    for row in (first, later):
        assert 200 < row.p50_ms <= row.p95_ms
    assert "first of a conversation" in result.as_markdown()
    told.clear()
    with pytest.raises(AssistantError, match="assistant serve"):
        run_chat(address, ["one"], lambda *what: told.append(what))
    assert told == []


def test_who_is_told_to_wait_sends_again_and_counts_no_wait(
    store: Store, live: FakeLive, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = iter([0.0, 1.0])
    monkeypatch.setattr("ui.web.pace.Paced._wait", lambda *_: next(waits, 0.0))
    with serving(build_app(store, live, Operators(store, CHEAP_HASHER))) as address:
        result = run_chat(address, ["one", "two"], lambda *_: None)
    assert live.asked == ["one", "one", "two"]
    assert all(row.p95_ms < 1000 for row in result.rows)


@pytest.mark.parametrize(
    "address",
    ["", "localhost:7860", "ftp://x", "https://", "http://localhost:786O", "http://localhost:78600", "http://[::1"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="for example"):
        run_chat(address, ["one"], lambda *_: None)


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 404 Not Found\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n[]"]
)
def test_another_server_at_the_address_is_told_with_what_to_do(said: bytes) -> None:
    with (
        answering(said) as address,
        pytest.raises(AssistantError, match=f"no chat answers at {address} .*assistant serve"),
    ):
        run_chat(address, ["one"], lambda *_: None)


def test_a_server_that_ends_on_the_way_is_told_as_that(store: Store, live: FakeLive) -> None:
    with serving(build_app(store, live, Operators(store, CHEAP_HASHER))) as address:
        page = Page(address)
    with pytest.raises(AssistantError, match=r"no whole answer to 'one' \(.*refused\); look whether it still runs"):
        page.say("one")


@contextmanager
def answering(said: bytes) -> Iterator[str]:
    """The address of a server that says this to whoever connects, and hangs up."""

    class Saying(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            self.request.sendall(said)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Saying) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
