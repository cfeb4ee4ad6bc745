"""Signing in at the desk: the form, the session, and those who guess."""

from __future__ import annotations

import asyncio
import re
import threading
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from anyio import to_thread
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import Connection, event
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from assistant.errors import AccessError, SlowedError
from tests.browser.serving import PASSWORD, in_own_loop
from tests.unit.web.conftest import Site, form_token, sign_in
from ui.app import DESK
from ui.web.login import SLOWED_SECONDS
from ui.web.malformed import AWAY
from ui.web.sign_ins import MOST, MOST_OF_ONE, network_of


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(app: FastAPI, client: TestClient) -> None:
    cookie = sign_in(client).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as secure:
        assert "secure" in sign_in(secure).headers["set-cookie"].lower()


def test_signing_in_opens_the_desk_and_signing_out_closes_it(client: TestClient, site: Site) -> None:
    assert sign_in(client).headers["location"] == "/desk/"
    assert client.get(f"{DESK}/").status_code == 200
    token = client.cookies["desk_session"]
    session = site.operators.session(token)
    assert session
    assert client.post("/logout", data={"csrf": "made-up"}).status_code == 403
    assert client.post("/logout", data={"csrf": session.csrf}).headers["location"] == "/login"
    client.cookies.set("desk_session", token)
    assert client.get(f"{DESK}/config").status_code == 401


def test_a_sign_in_form_of_another_site_is_refused(client: TestClient) -> None:
    form = {"name": "ann", "password": PASSWORD}
    assert client.post("/login", data=form).status_code == 403
    form_token(client)
    assert client.post("/login", data=form | {"csrf": "made-up"}).status_code == 403
    assert "desk_session" not in client.cookies


def test_two_open_sign_in_forms_both_work(client: TestClient) -> None:
    first, second = form_token(client), form_token(client)
    for token in (first, second):
        form = {"csrf": token, "name": "ann", "password": "wrong password"}
        assert client.post("/login", data=form).status_code == 401
    client.cookies.set("login_form", "made-up", path="/login")
    assert form_token(client) != "made-up"


def test_whose_session_has_ended_is_told_so(client: TestClient) -> None:
    assert "Your session has ended; sign in again." in client.get("/login?ended=1").text
    assert "ended" not in client.get("/login").text
    sign_in(client)
    assert client.get("/login?ended=1").headers["location"] == "/desk/"


def test_the_sixth_attempt_is_locked_out_without_saying_so(client: TestClient, site: Site) -> None:
    refusals = [sign_in(client, "wrong password", "bob") for _ in range(5)]
    locked = sign_in(client, name="bob")
    unknown = sign_in(client, "wrong password", "nobody")
    texts = {re.search(r'role="alert">([^<]+)', page.text)[1] for page in (*refusals, locked, unknown)}  # type: ignore[index]
    assert len(texts) == 1
    assert "15 minutes" in texts.pop()
    assert {page.status_code for page in (*refusals, locked, unknown)} == {401}
    site.clock.forward(minutes=16)
    assert sign_in(client, name="bob").status_code == 303


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        (("192.0.2.1", 5), "192.0.2.1"),
        (("::ffff:192.0.2.1", 5), "192.0.2.1"),
        (("2001:db8:1:2:3:4:5:6", 5), "2001:db8:1:2::"),
        (("testclient", 5), "testclient"),
        (None, ""),
    ],
)
def test_attempts_are_told_apart_by_the_other_end_whatever_the_headers_say(
    peer: tuple[str, int] | None, network: str
) -> None:
    forged = [(b"x-forwarded-for", b"203.0.113.9"), (b"forwarded", b"for=203.0.113.9")]
    assert network_of(HTTPConnection({"type": "http", "client": peer, "headers": forged})) == network


def test_from_another_address_a_locked_name_may_sign_in(site: Site, client: TestClient) -> None:
    for _ in range(6):
        assert sign_in(client, "wrong password").status_code == 401
    assert sign_in(client).status_code == 401
    with TestClient(site.app, follow_redirects=False, client=("192.0.2.1", 5)) as elsewhere:
        assert sign_in(elsewhere).status_code == 303
    site.clock.forward(minutes=16)  # the next test may sign in


@pytest.mark.parametrize(("addresses", "taken"), [(1, MOST_OF_ONE), (2, MOST), (3, MOST)])
def test_a_flood_of_sign_ins_is_refused_and_takes_no_thread_from_the_pages(
    site: Site, monkeypatch: pytest.MonkeyPatch, addresses: int, taken: int
) -> None:
    go, borrowed = threading.Event(), []

    def hold(*_: str) -> None:
        go.wait()
        raise AccessError("wrong")

    async def guess(client: AsyncClient) -> int:
        form = {"csrf": client.cookies["login_form"], "name": "nobody", "password": "x"}
        return (await client.post("/login", data=form)).status_code

    async def flood() -> list[int]:
        async with AsyncExitStack() as stack:
            clients = []
            for number in range(addresses):
                at = ASGITransport(site.app, client=(f"192.0.2.{number}", 50000))
                clients.append(await stack.enter_async_context(AsyncClient(transport=at, base_url="http://testserver")))
                await clients[-1].get("/login")
            tasks = [asyncio.ensure_future(guess(client)) for _ in range(MOST + 5) for client in clients]
            statuses = []
            for done in asyncio.as_completed(tasks):
                statuses.append(await done)
                if len(statuses) == len(tasks) - taken:
                    borrowed.append(to_thread.current_default_thread_limiter().borrowed_tokens)
                    go.set()
            return statuses

    monkeypatch.setattr(site.operators, "sign_in", hold)
    try:
        assert in_own_loop(flood) == [429] * ((MOST + 5) * addresses - taken) + [401] * taken
    finally:
        go.set()
    assert borrowed == [0]


def test_a_guess_that_is_to_be_slowed_keeps_its_place_for_a_while(
    site: Site, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = []

    def refuse(*_: str) -> None:
        raise SlowedError("wrong")

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(site.operators, "sign_in", refuse)
    monkeypatch.setattr("ui.web.login.anyio.sleep", sleep)
    assert sign_in(client).status_code == 401
    assert slept == [SLOWED_SECONDS]


def test_what_was_typed_as_name_is_shown_as_text(client: TestClient) -> None:
    assert "<b>x" not in sign_in(client, name='"><b>x').text


def sent_with_half_a_character(client: TestClient, door: str, csrf: str) -> int:
    parts = {"csrf": csrf, "name": "a\\ud800", "password": "\\ud800"}
    head = 'Content-Disposition: form-data; name="{}"'
    body = "".join(f"--B\r\n{head.format(name)}\r\n\r\n{text}\r\n" for name, text in parts.items())
    kind = {"Content-Type": "multipart/form-data; boundary=B; charset=unicode_escape"}
    return client.post(door, content=f"{body}--B--\r\n".encode(), headers=kind).status_code


def test_half_a_character_is_refused_like_anything_else(client: TestClient) -> None:
    token = form_token(client)
    assert sent_with_half_a_character(client, "/login", "\\ud800") == 403
    assert sent_with_half_a_character(client, "/login", token) == 401
    sign_in(client)
    assert sent_with_half_a_character(client, "/logout", "\\ud800") == 403


def test_a_database_that_is_away_or_full_is_told_and_not_a_breakdown(
    client: TestClient, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    @event.listens_for(site.engine, "begin")
    def full(connection: Connection) -> None:
        if not connection.get_execution_options().get("read_only"):
            connection.exec_driver_sql("PRAGMA query_only = 1")

    try:
        answer = sign_in(client)
    finally:
        event.remove(site.engine, "begin", full)
    assert (answer.status_code, answer.text) == (503, AWAY)
    assert "attempt to write a readonly database" in caplog.text
    assert sign_in(client).status_code == 303
    file = Path(str(site.engine.url.database))
    away = file.rename(file.with_name("away.db"))
    try:
        answers = [client.get(page) for page in ("/login", f"{DESK}/", f"{DESK}/%1B[2J", "/log.csv")]
    finally:
        away.rename(file)
    assert [(each.status_code, each.text) for each in answers] == [(503, AWAY)] * 4
    assert "\x1b" not in caplog.text  # the log is read in a terminal, which would obey
    assert client.get(f"{DESK}/").status_code == 200
