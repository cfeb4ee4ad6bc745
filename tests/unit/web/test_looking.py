"""Who opens the chat sees it at once, however many messages wait to be written or answered."""

from __future__ import annotations

import json
import threading

import httpx

from tests.browser.serving import serving
from tests.unit.web.conftest import Site
from ui.app import CHAT
from ui.chat.wiring import AT_ONCE

API = f"{CHAT}/gradio_api/queue"


def event_of(browser: httpx.Client, name: str) -> int:
    events = browser.get(f"{CHAT}/config").json()["dependencies"]
    return int(next(event["id"] for event in events if event["api_name"] == name))


def begun(browser: httpx.Client, event: int, session: str, *data: object) -> None:
    asked = {"fn_index": event, "data": list(data), "session_hash": session}
    assert browser.post(f"{API}/join", json=asked).status_code == 200


def completed(browser: httpx.Client, session: str) -> bool:
    """Whether the page's event came to its end within some seconds."""
    with browser.stream("GET", f"{API}/data?session_hash={session}", timeout=10) as stream:
        for line in stream.iter_lines():
            if line.startswith("data:") and json.loads(line[5:])["msg"] == "process_completed":
                return True
    return False


def test_the_page_opens_while_all_who_write_wait(site: Site) -> None:
    told, go_on = threading.Semaphore(0), threading.Event()

    def wait() -> None:
        told.release()
        go_on.wait(30)

    site.live.before_predicting = wait
    try:
        with serving(site.app) as address, httpx.Client(base_url=address) as browser:
            browser.get(f"{CHAT}/")
            say, load = event_of(browser, "say"), event_of(browser, "open")
            for number in range(AT_ONCE + 1):
                begun(browser, say, f"writer{number}", None, "hello")
            for _ in range(AT_ONCE):
                assert told.acquire(timeout=10)
            begun(browser, load, "looker", None, "")
            assert completed(browser, "looker")
            assert not told.acquire(blocking=False)
            go_on.set()
            assert all(completed(browser, f"writer{number}") for number in range(AT_ONCE + 1))
    finally:
        go_on.set()
        site.live.before_predicting = lambda: None
