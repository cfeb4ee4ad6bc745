"""The web application over a real store, with stand-ins for the model and the version folders."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI

from assistant.services.accounts.operators import Operators
from assistant.services.conversation.chat import Chat
from assistant.services.desk.desk import desk_services
from assistant.services.intents.retiring import InUse
from assistant.services.live import Live
from assistant.services.versions import Versions
from assistant.store import Store
from tests.browser.fakes import FakeVersions
from ui.app import create_app

PASSWORD = "correct horse"
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
Made = TypeVar("Made")


def build_app(
    store: Store,
    live: Live,
    operators: Operators,
    versions: FakeVersions | None = None,
    sites: Sequence[str] = (),
) -> FastAPI:
    """The application, for the host names of the test client and of the loopback."""
    shelf = cast(Versions, versions or FakeVersions())

    live = InUse(live, store)
    return outside_loops(
        lambda: create_app(
            Chat(store, live),
            desk_services(store, live),
            shelf,
            operators,
            live,
            hosts=["testserver", "127.0.0.1"],
            sites=sites,
        )
    )


def outside_loops(make: Callable[[], Made]) -> Made:
    """What `make` makes, in a loop of its own: outside of one Gradio makes loops that nobody closes."""

    async def build() -> Made:
        return make()

    return in_own_loop(build)


def in_own_loop(act: Callable[[], Coroutine[Any, Any, Made]]) -> Made:
    """What `act` returns, in a thread with a loop of its own: this one has Playwright's while a browser is open."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(act())).result()


@contextmanager
def serving(app: FastAPI, port: int = 0) -> Iterator[str]:
    """Serves `app` on a loopback port in a thread, on a free one without `port`; yields the address."""
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", port))
        port = door.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started:
            if time.monotonic() > deadline or not thread.is_alive():
                raise TimeoutError("the server did not start within 30 seconds")
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(timeout=15)
