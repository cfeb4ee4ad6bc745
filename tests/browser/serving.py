"""The web application over a real store, with stand-ins for the model and the version folders."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import cast

import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI

from assistant.services.chat import Chat
from assistant.services.labeling import Labeling
from assistant.services.live import Live
from assistant.services.operators import Operators
from assistant.services.proposals import Proposals
from assistant.services.versions import Versions
from assistant.store import Store
from tests.browser.fakes import FakeVersions
from ui.app import create_app

PASSWORD = "correct horse"
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def build_app(store: Store, live: Live, operators: Operators, versions: FakeVersions | None = None) -> FastAPI:
    """The application, for the host names of the test client and of the loopback."""
    shelf = cast(Versions, versions or FakeVersions())

    async def build() -> FastAPI:
        return create_app(
            Chat(store, live), Labeling(store, live), shelf, operators, live, Proposals(store),
            hosts=["testserver", "127.0.0.1"],
        )  # fmt: skip

    # Outside a running loop Gradio makes loops that nobody closes; this thread may have Playwright's already.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, build()).result()


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serves `app` on a free loopback port in a thread; yields the address."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
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
