"""However long it takes to answer what one address sends, others are answered in between."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http import HTTPStatus

import httpx
import pytest
from fastapi import Request

from tests.browser.serving import serving
from tests.unit.web.conftest import Site
from tests.unit.web.test_looking import API, completed, event_of
from ui.app import CHAT
from ui.chat.wiring import AT_ONCE

JSON = {"content-type": "application/json"}


@pytest.fixture
def slowly(site: Site) -> Iterator[threading.Event]:
    """No message is answered before the event is set."""
    go_on = threading.Event()

    def wait() -> None:
        go_on.wait(30)

    site.live.before_predicting = wait
    yield go_on
    go_on.set()
    site.live.before_predicting = lambda: None


@pytest.fixture(autouse=True)
def somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a request comes from is what it says here; how fast it may come is not asked."""

    def told(connection: Request) -> str:
        return connection.headers.get("from", "")

    monkeypatch.setattr("ui.web.page.network_of", told)
    monkeypatch.setattr("ui.web.page.MOST_UNFETCHED", 10**6)
    monkeypatch.setattr("ui.web.pace.Pace.wait", lambda *_: 0.0)


def sent(browser: httpx.Client, say: int, who: str, text: str) -> int:
    event = {"fn_index": say, "data": [None, text], "session_hash": text.replace(" ", "-")}
    return browser.post(f"{API}/join", content=json.dumps(event), headers={"from": who, **JSON}).status_code


def test_an_address_leaves_half_of_the_queue_and_every_second_turn_to_others(
    site: Site, slowly: threading.Event
) -> None:
    site.live.asked.clear()
    with serving(site.app) as address, httpx.Client(base_url=address) as browser:
        browser.get(f"{CHAT}/")
        say = event_of(browser, "say")
        flood = [sent(browser, say, "flooder", f"spam {number}") for number in range(AT_ONCE + 34)]
        assert flood.count(HTTPStatus.TOO_MANY_REQUESTS) >= 2  # 32 wait beside those that are being answered
        assert sent(browser, say, "customer", "hello") == HTTPStatus.OK
        slowly.set()
        assert completed(browser, "hello")
    assert site.live.asked.index("hello") < 3 * AT_ONCE
