"""One visitor, or one address, who floods the chat is slowed down; everybody else is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.domain import Language
from assistant.services.benchmarks.chat import Page
from tests.browser.serving import serving
from tests.unit.web.conftest import Site
from ui.app import CHAT
from ui.words import WORDS

JOIN = f"{CHAT}/gradio_api/queue/join"
MANY = 500  # far more than anybody may send at once


@pytest.fixture(scope="module", autouse=True)
def one_moment() -> Iterator[None]:
    """All that a test sends comes at once, however slow the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ui.web.pace.monotonic", lambda: 1000.0)
        yield


@contextmanager
def at(app: FastAPI, address: str) -> Iterator[TestClient]:
    """A browser at an address; it keeps its cookie unless that is taken away."""
    with TestClient(app, client=(address, 50000)) as client:
        yield client


def sent(client: TestClient, **headers: str) -> Any:
    """The answer to an event that costs the server nothing, since no page has it."""
    return client.post(JOIN, json={"fn_index": 99999, "data": [], "session_hash": "made-up"}, headers=headers)


def flood(client: TestClient, **headers: str) -> Any:
    """Sends events until one is refused, and gives that answer."""
    for _ in range(MANY):
        answer = sent(client, **headers)
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return answer
    pytest.fail(f"all of {MANY} events were taken")


def test_a_flood_over_http_is_slowed_down_and_another_customer_is_answered(site: Site) -> None:
    site.live.says["hello"] = (("delivery", 0.95),)
    with serving(site.app) as address, httpx.Client(base_url=address) as flooder:
        flooder.get(f"{CHAT}/")
        events = flooder.get(f"{CHAT}/config").json()["dependencies"]
        say = next(event["id"] for event in events if event["api_name"] == "say")
        answers: list[int] = []
        while len(answers) < MANY and HTTPStatus.TOO_MANY_REQUESTS not in answers:
            event = {"fn_index": say, "data": [None, "spam"], "session_hash": "flooder"}
            answers.append(flooder.post(JOIN, json=event).status_code)
        # Sooner than by its pace, where the server answers faster than it goes on: it fetches none of its answers.
        assert answers.count(HTTPStatus.OK) == len(answers) - 1 <= 30
        Page(address).say("hello")  # from the same address, by the cookie of another browser
    assert site.live.asked[-1] == "hello"


def test_a_person_who_types_quickly_is_not_slowed_down(app: FastAPI) -> None:
    with at(app, "192.0.2.1") as client:
        client.get(f"{CHAT}/")
        assert {sent(client).status_code for _ in range(30)} == {HTTPStatus.NOT_FOUND}


@pytest.mark.parametrize("language", Language)
def test_who_is_slowed_down_is_told_in_their_language_and_when_to_try_again(app: FastAPI, language: Language) -> None:
    with at(app, f"192.0.2.{2 + list(Language).index(language)}") as client:
        client.get(f"{CHAT}/")
        refused = flood(client, **{"Accept-Language": language.value})
    assert json.loads(refused.text) == {"detail": WORDS[language].too_fast}
    assert int(refused.headers["retry-after"]) == 1


def test_many_customers_behind_one_address_are_not_slowed_down_by_one_who_floods(app: FastAPI) -> None:
    with at(app, "192.0.2.20") as client:
        client.get(f"{CHAT}/")
        flood(client)
        for _ in range(30):
            client.cookies.clear()
            client.get(f"{CHAT}/")
            assert sent(client).status_code == HTTPStatus.NOT_FOUND


def test_a_new_cookie_for_every_event_does_not_help_and_hurts_nobody_elsewhere(app: FastAPI) -> None:
    with at(app, "192.0.2.30") as client, at(app, "192.0.2.31") as elsewhere:
        for number in range(MANY):
            client.cookies.set("chat", f"made-up-{number}")
            if sent(client).status_code == HTTPStatus.TOO_MANY_REQUESTS:
                break
        assert number == 60
        assert sent(elsewhere).status_code == HTTPStatus.NOT_FOUND


def test_an_address_without_cookies_is_one_visitor(app: FastAPI) -> None:
    with at(app, "192.0.2.40") as client:
        flood(client)
        client.cookies.set("chat", "the token of ann")
        assert sent(client).status_code == HTTPStatus.NOT_FOUND
