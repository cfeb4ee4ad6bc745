"""How many sign-ins go on at a time, and where each comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import IPv6Address
from typing import TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import HTTPConnection

from assistant.errors import BusyError
from assistant.services.accounts.passwords import AT_ONCE

T = TypeVar("T")

MOST = 8  # at once, those included that wait
MOST_OF_ONE = 4  # of those from one address: who fills its places leaves some to everybody else
FULL = "Many people are signing in right now. Please try again in a moment."
NETWORK_OF_ONE = 64  # leading bits of an IPv6 address: a customer of a provider has all that begin with them


class SignIns:
    """Checking a password takes time and memory on purpose, so few do at a time, in threads that nobody else uses."""

    def __init__(self) -> None:
        self._threads = CapacityLimiter(AT_ONCE)
        self._here: Counter[str] = Counter()  # by address; counted in the event loop's thread only

    @asynccontextmanager
    async def place(self, where: str) -> AsyncIterator[None]:
        """Room for one from this address. Raises BusyError when there is none."""
        if self._here.total() >= MOST or self._here[where] >= MOST_OF_ONE:
            raise BusyError(FULL)
        self._here[where] += 1
        try:
            yield
        finally:
            self._here[where] -= 1
            if not self._here[where]:
                del self._here[where]

    async def run(self, act: Callable[[], T]) -> T:
        """What `act` returns once it had its turn; whoever waits for one takes no thread."""
        return await to_thread.run_sync(act, limiter=self._threads)


def network_of(connection: HTTPConnection) -> str:
    """Where a request comes from: an IPv4 address or the first half of an IPv6 one; empty where there is no network.

    It is the other end of the connection, whatever headers say, unless that is a reverse proxy that the server trusts:
    uvicorn puts in its place what X-Forwarded-For says for the proxies of FORWARDED_ALLOW_IPS, without one for those
    on the same machine. Such a proxy must write that header itself and not hand on what it was sent.
    """
    return network_at(connection.client.host if connection.client else "")


def network_at(host: str) -> str:
    """The same of an address as it is written; what is no address stays as it is."""
    host = plain_address(host)
    try:
        address = IPv6Address(host)
    except ValueError:
        return host
    return str(IPv6Address(int(address) >> NETWORK_OF_ONE << NETWORK_OF_ONE))


def plain_address(host: str) -> str:
    """An IPv4 address as such, also where a socket for both families writes it in IPv6; all else as it is."""
    try:
        plain = IPv6Address(host).ipv4_mapped
    except ValueError:
        return host
    return str(plain or host)
