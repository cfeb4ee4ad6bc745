"""One application for each file here, and people who may sign in at it."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

from assistant.services.accounts.operators import Operators
from assistant.store import Store, open_engine
from tests.browser.serving import CHEAP_HASHER, PASSWORD, build_app
from tests.fakes import FakeClock, FakeLive
from ui.app import CHAT, DESK

NUMBERS = itertools.count()


@dataclass(frozen=True)
class Site:
    """One application for a whole file: Gradio takes its time to make one."""

    app: FastAPI
    engine: Engine
    store: Store
    live: FakeLive
    operators: Operators
    clock: FakeClock


@pytest.fixture(scope="module")
def site(migrated: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    database = shutil.copy(migrated, tmp_path_factory.mktemp("site") / "shop.db")
    engine = open_engine(f"sqlite:///{database}")
    clock, live = FakeClock(), FakeLive()
    store = Store(engine, clock)
    operators = Operators(store, CHEAP_HASHER, clock)
    for name in ("ann", "bob"):
        operators.create(name, PASSWORD)
    yield Site(build_app(store, live, operators), engine, store, live, operators, clock)
    engine.dispose()


@pytest.fixture
def app(site: Site) -> FastAPI:
    return site.app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """A browser at an address of its own, which no earlier test has sent too much from."""
    with TestClient(app, client=(f"client-{next(NUMBERS)}", 50000), follow_redirects=False) as client:
        yield client


def form_token(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/login").text)
    assert found
    return found[1]


def sign_in(client: TestClient, password: str = PASSWORD, name: str = "ann") -> Any:
    form = {"csrf": form_token(client), "name": name, "password": password}
    return client.post("/login", data=form)


MOUNTS = (CHAT, DESK)


def mounted(app: FastAPI, path: str) -> Any:
    """The Gradio app at `path`, without what is wrapped around it."""
    found: Any = next(route for route in app.routes if getattr(route, "path", None) == path).app  # type: ignore[attr-defined]
    while not hasattr(found, "routes"):
        found = found.app
    return found


def ask(client: TestClient, app: FastAPI, session: str, *data: object) -> str:
    """Sends "hello" as the page does, with `data` for the state; gives all that came back."""
    blocks = mounted(app, CHAT).get_blocks()
    say = next(e for e in blocks.fns.values() if getattr(e.fn, "__name__", "") == "say")
    event = {"fn_index": say._id, "data": [*data, "hello"], "session_hash": session}
    assert client.post(f"{CHAT}/gradio_api/queue/join", json=event).status_code == 200
    came = []
    with client.stream("GET", f"{CHAT}/gradio_api/queue/data?session_hash={session}") as stream:
        assert stream.headers["cache-control"] == "no-store"
        for line in stream.iter_lines():
            came.append(line)
            if "process_completed" in line:
                break
    return "".join(came)
