"""Connections that nobody may keep for nothing: a server has only so many, and none is left for others then."""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from contextlib import suppress
from math import inf
from typing import ClassVar

import h11
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol

from ui.web.sign_ins import network_at, plain_address

ASKING_SECONDS = 30.0  # for the whole of a request; uvicorn itself would wait for ever
MOST = 500  # of one address: some hundred open pages in an office
WAITING = 2048  # at most, until they are taken up


class Connection(H11Protocol):
    """Hangs up on who does not say for long what they want, and on an address that has many connections already.

    Not on a reverse proxy that the server trusts, which has those of all people. Beyond `most_in_all` it hangs up on
    everybody: a process that can open no more files logs that thousands of times a second, and reads no database.
    """

    most_in_all: ClassVar[float] = inf

    # By address (of IPv6 its first half, as for all limits), of all servers in this process.
    _open: ClassVar[Counter[str]] = Counter()
    _peer: str | None = None
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client:  # as the proxies that the server trusts are named
            self.client = plain_address(self.client[0]), self.client[1]
        address = self.client[0] if self.client else ""
        self._peer = network_at(address)
        self._open[self._peer] += 1
        too_many = self._open[self._peer] > MOST and not self._is_proxy(address)
        if too_many or self._open.total() > self.most_in_all:
            transport.abort()
            return
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_watch()
        if self._peer is not None:
            self._open[self._peer] -= 1
            if not self._open[self._peer]:
                del self._open[self._peer]
        super().connection_lost(exc)

    def _should_upgrade(self) -> bool:
        """No page asks for a WebSocket. Where a library for them happens to be installed, such a connection would leave
        this class and be counted as open for ever; where none is, uvicorn would tell the log to install one."""
        return False

    def _is_proxy(self, peer: str) -> bool:
        trusted = self.config.forwarded_allow_ips or []
        return peer in ProxyHeadersMiddleware(self.app, trusted).trusted_hosts

    def _watch(self) -> None:
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._stop_watch()
        elif self._late is None:
            self._late = self.loop.call_later(ASKING_SECONDS, self.transport.abort)

    def _stop_watch(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


def allow_many() -> None:
    """Lets this process open as many files as it may at most: most systems begin with 1,024, of which each connection
    takes one and the database some. Half of them are for connections."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # a system that allows no number so high
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    Connection.most_in_all = inf if allowed == resource.RLIM_INFINITY else allowed / 2


def waiting() -> int:
    """How many connections may wait to be taken up: an eighth of the files that this process may open, where that is
    less than WAITING. So many are taken up at once, and that three times before the first one refused is closed."""
    return int(min(WAITING, Connection.most_in_all / 4))
