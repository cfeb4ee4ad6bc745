"""What anybody may make the server keep in memory has bounds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from http import HTTPStatus
from types import SimpleNamespace
from typing import Self

import httpx
import pytest
from gradio.state_holder import StateHolder

from tests.browser.serving import serving
from tests.unit.web.conftest import Site, mounted
from tests.unit.web.test_looking import API, begun, completed, event_of
from ui.app import CHAT
from ui.web.page import KnownEvents

SECRET = "a text that nobody else says"


@contextmanager
def browsing(site: Site) -> Iterator[httpx.Client]:
    with serving(site.app) as address, httpx.Client(base_url=address) as browser:
        browser.get(f"{CHAT}/")
        yield browser


def queue_of(site: Site) -> KnownEvents:
    queue: KnownEvents = mounted(site.app, CHAT).get_blocks()._queue
    return queue


def joined(browser: httpx.Client, session: str) -> int:
    asked = {"fn_index": event_of(browser, "open"), "data": [None, ""], "session_hash": session}
    return browser.post(f"{API}/join", json=asked).status_code


def fetched(browser: httpx.Client, session: str) -> str:
    """What the page's event came to."""
    with browser.stream("GET", f"{API}/data?session_hash={session}") as stream:
        return next(line for line in stream.iter_lines() if "process_completed" in line)


def test_an_open_page_keeps_no_copy_of_the_conversation_on_the_server(site: Site) -> None:
    site.live.says[SECRET] = (("delivery", 0.95),)
    with browsing(site) as browser:
        begun(browser, event_of(browser, "say"), "keeper", None, SECRET)
        assert completed(browser, "keeper")
    holder: StateHolder = mounted(site.app, CHAT).state_holder
    assert "keeper" in holder
    assert not [config for config in holder["keeper"].components if SECRET in str(config)]


def test_a_page_whose_connection_broke_is_known_hours_later(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a machine that slept over lunch: only a browser that keeps no cookie is known by its page alone."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return super().now(tz) + timedelta(hours=2)

    with browsing(site) as browser:
        say = event_of(browser, "say")
        for text in ("before lunch", "after lunch"):
            browser.cookies.clear()
            begun(browser, say, "sleeper", None, text)
            told = fetched(browser, "sleeper")
            with browser.stream("GET", f"{CHAT}/gradio_api/heartbeat/sleeper") as open_page:
                next(open_page.iter_lines())
            monkeypatch.setattr("gradio.state_holder.datetime", SimpleNamespace(datetime=Later))
            time.sleep(2)  # what has expired is thrown away every second
    assert "before lunch" in told


def test_pages_that_were_used_longest_ago_are_forgotten(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    holder: StateHolder = mounted(site.app, CHAT).state_holder
    assert holder.capacity == 2000
    monkeypatch.setattr(holder, "capacity", 2)
    with browsing(site) as browser:
        for session in ("first", "second", "third"):
            assert joined(browser, session) == HTTPStatus.OK
            assert completed(browser, session)
    assert "third" in holder
    assert "first" not in holder


@pytest.mark.parametrize("session", ["", "a b", "x" * 65])
def test_a_session_of_another_shape_than_pages_have_is_refused(site: Site, session: str) -> None:
    with browsing(site) as browser:
        assert joined(browser, session) == HTTPStatus.BAD_REQUEST


def test_who_fetches_no_results_is_refused_until_they_do(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.web.page.MOST_UNFETCHED", 10)
    with browsing(site) as browser:
        sessions = asked_until_refused(browser, "unfetched")
        for session in sessions:
            assert completed(browser, session)
        assert joined(browser, "fetched") == HTTPStatus.OK
        assert completed(browser, "fetched")


def test_what_nobody_fetches_hurts_no_other_address_and_is_thrown_away(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.web.page.MOST_UNFETCHED", 10)
    with browsing(site) as browser:
        sessions = asked_until_refused(browser, "closed")
        monkeypatch.setattr("ui.web.page.network_of", lambda _: "192.0.2.1")
        assert joined(browser, "elsewhere") == HTTPStatus.OK
        monkeypatch.undo()
        monkeypatch.setattr("ui.web.page.UNFETCHED_SECONDS", 0.0)
        assert joined(browser, "later") == HTTPStatus.OK
        waiting = queue_of(site).pending_messages_per_session
        assert not [session for session in sessions if waiting[session].qsize()]


def test_what_one_visitor_does_not_fetch_leaves_room_for_others_at_the_same_address(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.web.page.MOST_UNFETCHED", 10)
    with browsing(site) as flooder, httpx.Client(base_url=flooder.base_url) as other:
        other.get(f"{CHAT}/")
        asked_until_refused(flooder, "flood")
        assert joined(other, "other") == HTTPStatus.OK
        assert completed(other, "other")


def asked_until_refused(browser: httpx.Client, name: str) -> list[str]:
    """The sessions that were taken, and fetched nothing."""
    for number in range(10):
        answer = joined(browser, f"{name}{number}")
        if answer == HTTPStatus.TOO_MANY_REQUESTS:
            return [f"{name}{each}" for each in range(number)]
        assert answer == HTTPStatus.OK
    pytest.fail("all was taken")


def test_what_forgotten_pages_asked_for_is_forgotten_too(site: Site) -> None:
    queue = queue_of(site)
    queue.pending_event_ids_session.update({f"gone{number}": set() for number in range(5000)})
    with browsing(site) as browser:
        assert joined(browser, "here") == HTTPStatus.OK
    assert not [session for session in queue.pending_event_ids_session if session.startswith("gone")]
