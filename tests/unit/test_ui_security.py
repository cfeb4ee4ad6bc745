"""The wall around the pages: who may ask for what, and what every answer carries."""

from __future__ import annotations

import asyncio
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import gradio as gr
import pytest
from anyio import to_thread
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from assistant.dialogue.languages import Language
from assistant.errors import AccessError, SlowedError
from assistant.services.chat import Chat
from assistant.services.operators import Operators
from assistant.store import Store, open_engine
from tests.browser.serving import CHEAP_HASHER, PASSWORD, build_app
from tests.fakes import FakeClock, FakeLive
from ui.app import CHAT, DESK, create_app
from ui.limits import BODY_LIMIT_BYTES
from ui.login import SLOWED_SECONDS
from ui.sign_ins import MOST, network_of

MOUNTS = (CHAT, DESK)


@dataclass(frozen=True)
class Site:
    """One application for the whole file: Gradio takes its time to make one."""

    app: FastAPI
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
    yield Site(build_app(store, live, operators), store, live, operators, clock)
    engine.dispose()


@pytest.fixture
def app(site: Site) -> FastAPI:
    return site.app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, follow_redirects=False) as client:
        yield client


def form_token(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/login").text)
    assert found
    return found[1]


def sign_in(client: TestClient, password: str = PASSWORD, name: str = "ann") -> Any:
    form = {"csrf": form_token(client), "name": name, "password": password}
    return client.post("/login", data=form)


def mounted(app: FastAPI, path: str) -> Any:
    """The Gradio app at `path`, without what is wrapped around it."""
    found: Any = next(route for route in app.routes if getattr(route, "path", None) == path).app  # type: ignore[attr-defined]
    while not hasattr(found, "routes"):
        found = found.app
    return found


def requests_of(app: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route, with parameters filled in."""
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from requests_of(inner, prefix)
            continue
        path = prefix + re.sub(r"\{[^}]*\}", "1", route.path)
        for method in getattr(route, "methods", None) or ("GET",):
            yield method, path


def test_no_route_of_the_desk_answers_an_anonymous_request(app: FastAPI, client: TestClient) -> None:
    walked = set(requests_of(mounted(app, DESK), DESK))
    assert len(walked) > 50
    for method, path in walked:
        answer = client.request(method, path)
        if path == f"{DESK}/":
            assert (answer.status_code, answer.headers["location"]) == (303, "/login")
        else:
            assert answer.status_code == 401, (method, path)


def test_a_made_up_session_opens_nothing(client: TestClient) -> None:
    client.cookies.set("desk_session", "made-up")
    assert client.get(f"{DESK}/config").status_code == 401
    client.cookies.set("desk_session", "x" * 5000)
    assert client.get(f"{DESK}/config").status_code == 401


@pytest.mark.parametrize("mount", MOUNTS)
def test_only_what_the_pages_need_is_reachable(app: FastAPI, client: TestClient, mount: str) -> None:
    sign_in(client)
    reachable = set()
    for method, path in requests_of(mounted(app, mount), mount):
        if "heartbeat" in path or "queue/data" in path:
            continue  # streams without end
        if method == "HEAD":
            continue  # has no text to tell by, and is judged like GET
        answer = client.request(method, path)
        if answer.text != "Not found.":
            reachable.add((method, path.removeprefix(mount)))
    assert reachable <= {
        ("GET", "/"),
        ("GET", "/config"),
        ("GET", "/theme.css"),
        ("GET", "/static/1"),
        ("GET", "/assets/1"),
        ("GET", "/svelte/1"),
        ("GET", "/gradio_api/startup-events"),
        ("POST", "/gradio_api/queue/join"),
    }


@pytest.mark.parametrize("mount", MOUNTS)
def test_uploads_are_shut(client: TestClient, mount: str) -> None:
    sign_in(client)
    answer = client.post(f"{mount}/gradio_api/upload", files={"files": ("a.txt", b"a")})
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/", "/healthz", "/login", f"{CHAT}/", f"{DESK}/", f"{DESK}/config", "/none"])
def test_every_answer_carries_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"


def test_only_the_scripts_of_this_answer_may_run(client: TestClient) -> None:
    pages = [client.get(f"{CHAT}/", headers={"accept": "text/html", "accept-encoding": "br"}) for _ in "ab"]
    nonces = [re.findall(r"'nonce-([^']+)'", page.headers["content-security-policy"]) for page in pages]
    assert nonces[0] != nonces[1]
    for page, nonce in zip(pages, nonces, strict=True):
        assert "'unsafe-inline'" not in page.headers["content-security-policy"].split("script-src")[1].split(";")[0]
        assert len(re.findall(r"<script\b", page.text)) == page.text.count(f'<script nonce="{nonce[0]}"') > 0


@pytest.mark.parametrize("hosts", [[], ["*"], ["*.example.org"]])
def test_hosts_must_be_named(hosts: list[str]) -> None:
    with pytest.raises(ValueError, match="without wildcards"):
        create_app(*[cast(Any, None)] * 5, hosts=hosts)


def test_another_host_name_is_refused(client: TestClient) -> None:
    assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example"])
def test_other_sites_can_neither_write_nor_read(client: TestClient, origin: str) -> None:
    answer = client.post(f"{CHAT}/gradio_api/queue/join", json={}, headers={"origin": origin})
    assert answer.status_code == 403
    read = client.get(f"{CHAT}/config", headers={"origin": origin})
    assert "access-control-allow-origin" not in read.headers


def test_our_own_pages_can_write(client: TestClient) -> None:
    answer = client.post(f"{CHAT}/gradio_api/queue/join", json={}, headers={"origin": "http://testserver"})
    assert answer.status_code not in (403, 404)


def test_a_large_body_is_refused_whether_or_not_it_is_announced(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(BODY_LIMIT_BYTES // 1024 + 1):
            yield b"x" * 1024

    path = f"{CHAT}/gradio_api/queue/join"
    refused = client.post(path, content=b"x" * (BODY_LIMIT_BYTES + 1))
    assert refused.status_code == 413
    assert "larger than the 65536 bytes" in refused.json()["detail"]  # what Gradio's pages can read
    assert client.post(path, content=chunks()).status_code == 413
    assert client.post(path, content=b"", headers={"content-length": "-1"}).status_code == 413
    assert client.post(path, content=b"x" * BODY_LIMIT_BYTES).status_code == 422


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("event", [99999, -1, None])
def test_an_event_that_a_page_does_not_have_is_not_found(client: TestClient, mount: str, event: int | None) -> None:
    sign_in(client)
    asked: dict[str, Any] = {"fn_index": event, "data": [], "session_hash": "made-up"}
    answer = client.post(f"{mount}/gradio_api/queue/join", json=asked)
    assert (answer.status_code, answer.json()) == (
        404,
        {"detail": f"This page has no event {event}. Please reload it."},
    )


def test_an_event_of_the_browser_alone_is_not_found(app: FastAPI, client: TestClient) -> None:
    events = [number for number, event in mounted(app, CHAT).get_blocks().fns.items() if event.fn is None]
    for event in events:
        asked: dict[str, Any] = {"fn_index": event, "data": ["", "", []], "session_hash": "made-up"}
        assert client.post(f"{CHAT}/gradio_api/queue/join", json=asked).status_code == 404
    assert events


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


def test_from_another_address_a_locked_name_may_sign_in(app: FastAPI, client: TestClient) -> None:
    for _ in range(6):
        assert sign_in(client, "wrong password").status_code == 401
    assert sign_in(client).status_code == 401
    with TestClient(app, follow_redirects=False, client=("192.0.2.1", 5)) as elsewhere:
        assert sign_in(elsewhere).status_code == 303


def test_a_flood_of_sign_ins_is_refused_and_takes_no_thread_from_the_pages(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, borrowed = threading.Event(), []

    def hold(*_: str) -> None:
        go.wait()
        raise AccessError("wrong")

    async def flood() -> list[int]:
        async with AsyncClient(transport=ASGITransport(site.app), base_url="http://testserver") as client:
            await client.get("/login")
            form = {"csrf": client.cookies["login_form"], "name": "nobody", "password": "x"}
            tasks = [asyncio.ensure_future(client.post("/login", data=form)) for _ in range(MOST + 5)]
            statuses = []
            for done in asyncio.as_completed(tasks):
                statuses.append((await done).status_code)
                if len(statuses) == 5:
                    borrowed.append(to_thread.current_default_thread_limiter().borrowed_tokens)
                    go.set()
            return statuses

    monkeypatch.setattr(site.operators, "sign_in", hold)
    try:
        assert asyncio.run(flood()) == [429] * 5 + [401] * MOST
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
    monkeypatch.setattr("ui.login.anyio.sleep", sleep)
    assert sign_in(client).status_code == 401
    assert slept == [SLOWED_SECONDS]


def test_what_was_typed_as_name_is_shown_as_text(client: TestClient) -> None:
    assert "<b>x" not in sign_in(client, name='"><b>x').text


@pytest.mark.parametrize("mount", MOUNTS)
def test_everything_that_a_mount_does_not_need_is_off(app: FastAPI, mount: str) -> None:
    gradio_app = mounted(app, mount)
    blocks = gradio_app.get_blocks()
    flags = ("run_history", "show_error", "enable_monitoring", "ssr_mode", "share")
    assert [getattr(blocks, flag) for flag in flags] == [False] * len(flags)
    assert blocks.footer_links == []
    assert not blocks.mcp_server_obj
    assert blocks.max_file_size == 1024
    assert blocks.has_launched
    assert not blocks.analytics_enabled
    assert blocks.allowed_paths == []
    assert (gradio_app.auth_dependency is None) == (mount == CHAT)


@pytest.mark.parametrize("mount", MOUNTS)
def test_every_event_is_bounded_and_takes_no_history_or_file(app: FastAPI, mount: str) -> None:
    blocks = mounted(app, mount).get_blocks()
    assert blocks._queue.max_size == 64
    forgeable = (gr.Chatbot, gr.File, gr.UploadButton, gr.Image, gr.MultimodalTextbox, gr.Dataframe)
    for event in blocks.fns.values():
        assert event.concurrency_limit == 4
        assert event.api_visibility == "private"
        if event.fn is not None:  # the others stay in the browser
            assert not [part for part in event.inputs if isinstance(part, forgeable)]


def test_no_event_waits_for_statistics_that_nobody_reads(app: FastAPI, client: TestClient) -> None:
    ask(client, app, "counted", None)
    queue = mounted(app, CHAT).get_blocks()._queue
    assert (queue.cached_event_analytics_summary, len(queue.event_analytics)) == ({"functions": {}}, 1)


def ask(client: TestClient, app: FastAPI, session: str, *data: object) -> str:
    """Sends "hello" as the page does, with `data` for the state; gives all that came back."""
    blocks = mounted(app, CHAT).get_blocks()
    say = next(e for e in blocks.fns.values() if getattr(e.fn, "__name__", "") == "say")
    event = {"fn_index": say._id, "data": [*data, "hello"], "session_hash": session}
    assert client.post(f"{CHAT}/gradio_api/queue/join", json=event).status_code == 200
    came = []
    with client.stream("GET", f"{CHAT}/gradio_api/queue/data?session_hash={session}") as stream:
        for line in stream.iter_lines():
            came.append(line)
            if "process_completed" in line:
                break
    return "".join(came)


def test_a_forged_state_is_not_even_read(site: Site, client: TestClient) -> None:
    chat = Chat(site.store, site.live)
    other = chat.visitors.start("the token of somebody else", Language.ENGLISH)
    before = len(site.live.asked)
    ask(client, site.app, "forger", {"token": "the token of somebody else"})
    assert chat.visitors.current("the token of somebody else") == other
    assert site.live.asked[before:] == ["hello"]


@pytest.mark.parametrize("made_up", ["made-up", "", "x" * 5000])
def test_a_made_up_cookie_opens_nobody_elses_conversation(site: Site, client: TestClient, made_up: str) -> None:
    chat = Chat(site.store, site.live)
    secret = chat.visitors.start("the token of ann", Language.ENGLISH)
    chat.reply(secret.conversation_id, "my secret")
    client.cookies.set("chat", made_up)
    assert "my secret" not in ask(client, site.app, f"forger{len(made_up)}", None)
    client.cookies.set("chat", secret.conversation_id)
    assert "my secret" not in ask(client, site.app, f"other{len(made_up)}", None)


def test_the_chat_gives_each_browser_a_token_and_renews_it(client: TestClient) -> None:
    first = client.get(f"{CHAT}/").headers["set-cookie"]
    assert "HttpOnly" in first
    assert client.get(f"{CHAT}/").cookies["chat"] == client.cookies["chat"]
    assert "set-cookie" not in client.get(f"{CHAT}/config").headers
    assert "chat=" not in client.get("/login").headers["set-cookie"]
