"""Nobody keeps connections for nothing."""

from __future__ import annotations

import asyncio
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from uvicorn.server import ServerState

from assistant.cli.connections import Connection, allow_many, waiting
from assistant.cli.server import listen

SLOW = b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF = b"POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf"


def slow(request: object) -> StreamingResponse:
    def parts() -> Iterator[str]:
        for part in ("first ", "second ", "last"):
            yield part
            time.sleep(0.4)

    return StreamingResponse(parts())


def who(request: Request) -> PlainTextResponse:
    assert request.client is not None
    return PlainTextResponse(f"{request.client.host} by {request.url.scheme}")


@contextmanager
def serving(host: str, trusted: str, library: Any = "none") -> Iterator[int]:
    """A server on `host` that trusts the proxies `trusted`, with a library for WebSockets; yields its port."""
    app = Starlette(routes=[Route("/slow", slow, methods=["GET", "POST"]), Route("/who", who)])
    config = uvicorn.Config(app, http=Connection, ws=library, log_level="warning", forwarded_allow_ips=trusted)
    server = uvicorn.Server(config)
    with listen(host, 0) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[int]:
    """A server that waits half a second for a request, and trusts the proxies of the parameter."""
    monkeypatch.setattr("assistant.cli.connections.ASKING_SECONDS", 0.5)
    monkeypatch.setattr("assistant.cli.connections.MOST", 3)
    with serving("127.0.0.1", getattr(request, "param", "192.0.2.1")) as port:
        yield port


def connect(port: int, said: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=5)
    connection.sendall(said)
    return connection


def heard(connection: socket.socket) -> bytes:
    """All that comes before the other end hangs up."""
    parts = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(4096):
            parts += part
    return parts


@pytest.mark.parametrize(
    "said",
    [b"", b"GET /slow HTTP/1.1\r\nHost: loc", b"POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf"],
)
def test_who_never_ends_a_request_is_hung_up_on(port: int, said: bytes) -> None:
    with connect(port, said) as connection:
        before = time.monotonic()
        heard(connection)
        assert 0.3 < time.monotonic() - before < 4


def test_an_answer_takes_as_long_as_it_takes(port: int) -> None:
    with connect(port, SLOW[:20]) as connection:
        time.sleep(0.2)
        connection.sendall(SLOW[20:].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        assert b"last" in heard(connection)


def test_an_address_has_so_many_connections_at_a_time(port: int) -> None:
    kept = [connect(port, SLOW) for _ in range(3)]
    assert [one.recv(12) for one in kept] == [b"HTTP/1.1 200"] * 3
    with connect(port) as connection:
        before = time.monotonic()
        assert heard(connection) == b""
        assert time.monotonic() - before < 0.3
    for one in kept:
        one.close()
    wait_until_free(port)


@pytest.mark.parametrize("port", ["127.0.0.1"], indirect=True)
def test_a_trusted_proxy_has_those_of_all_people(port: int) -> None:
    kept = [connect(port, SLOW) for _ in range(6)]
    assert [one.recv(12) for one in kept] == [b"HTTP/1.1 200"] * 6
    for one in kept:
        one.close()


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6 beside IPv4")
def test_a_proxy_is_trusted_by_its_ipv4_address_where_the_server_has_ipv6_too() -> None:
    asked = b"GET /who HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\n"
    with serving("::", "127.0.0.1") as port, connect(port, asked + b"Connection: close\r\n\r\n") as connection:
        assert heard(connection).endswith(b"192.0.2.9 by https")


class WebSocket(asyncio.Protocol):
    """What would take the connection over where a library for it is installed."""

    def __init__(self, **given: object) -> None:
        """As uvicorn makes one."""


@pytest.mark.parametrize("library", ["none", WebSocket])
def test_who_asks_for_a_websocket_is_answered_as_by_http(library: Any, capsys: pytest.CaptureFixture[str]) -> None:
    asked = b"GET /who HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\n\r\n"
    with serving("127.0.0.1", "192.0.2.1", library) as port, connect(port, asked) as connection:
        assert heard(connection).endswith(b"127.0.0.1 by http")
    assert capsys.readouterr().err == ""
    assert not Connection._open


def wait_until_free(port: int) -> None:
    for _ in range(50):
        with connect(port, SLOW) as connection, suppress(ConnectionResetError):
            if connection.recv(12):
                return
        time.sleep(0.1)
    pytest.fail("connections that have ended still count")


class Transport(asyncio.Transport):
    """A connection from `address` that says nothing."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 50000)})
        self.is_open = True

    def abort(self) -> None:
        self.is_open = False

    def is_closing(self) -> bool:
        return not self.is_open

    def close(self) -> None:
        """Nothing is left to say."""


def test_all_addresses_of_one_ipv6_network_count_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A customer of a provider has all of them, more than any counter holds."""
    monkeypatch.setattr("assistant.cli.connections.MOST", 3)
    addresses = [*(f"2001:db8::{number}" for number in range(1, 5)), "2001:db8:0:1::1"]

    async def connected() -> list[bool]:
        config = uvicorn.Config(Starlette(), http=Connection)
        config.load()
        transports = [Transport(address) for address in addresses]
        protocols = [Connection(config, ServerState(), {}) for _ in transports]
        for protocol, transport in zip(protocols, transports, strict=True):
            protocol.connection_made(transport)
        for protocol in protocols:
            protocol.connection_lost(None)
        return [transport.is_open for transport in transports]

    assert asyncio.run(connected()) == [True, True, True, False, True]


def test_as_many_files_may_be_open_as_the_system_allows() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(before[1], 900), before[1]))
        allow_many()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


CROWDED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512))
from starlette.applications import Starlette
from assistant.cli.connections import allow_many
from assistant.cli.server import listen, web_server
allow_many()
with listen("127.0.0.1", 0) as listening:
    print(listening.getsockname()[1], flush=True)
    web_server(Starlette()).run(sockets=[listening])
"""


def test_those_taken_up_before_one_is_refused_find_a_file_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "most_in_all", 256)  # of 512 files
    assert 256 + 3 * waiting() < 500


def test_more_connections_than_files_are_refused_and_do_not_fill_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    line = [sys.executable, "-c", CROWDED]
    with log.open("w") as said, subprocess.Popen(line, stdout=subprocess.PIPE, stderr=said, text=True) as crowded:
        try:
            assert crowded.stdout is not None
            port = int(crowded.stdout.readline())
            with ExitStack() as kept:
                for _ in range(600):
                    kept.enter_context(connect(port))
                time.sleep(0.5)
            with connect(port, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") as connection:
                assert heard(connection).startswith(b"HTTP/1.1 404")
        finally:
            crowded.kill()
    assert log.read_text() == ""
