"""The wall around the pages: who may ask for what, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import gradio as gr
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.unit.web.conftest import MOUNTS, ask, mounted, sign_in
from ui.app import CHAT, DESK, create_app
from ui.web.limits import BODY_LIMIT_BYTES


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


@pytest.mark.parametrize("hosts", [[], ["*"], ["*.example.org"]])
def test_hosts_must_be_named(hosts: list[str]) -> None:
    with pytest.raises(ValueError, match="without wildcards"):
        create_app(*[cast(Any, None)] * 5, hosts=hosts)


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver:80:80", "a@testserver", ""])
def test_another_host_name_is_refused_and_whoever_set_the_server_up_is_told_why(client: TestClient, host: str) -> None:
    answer = client.get("/healthz", headers={"host": host})
    assert answer.status_code == 400
    assert f"does not answer to the name '{host.removesuffix(':80')}'" in answer.text
    assert "setting `allowed_hosts`" in answer.text
    assert client.get("/healthz", headers={"host": "TestServer:8080"}).status_code == 200


def test_a_proxy_that_changes_the_host_is_told_what_to_hand_on(client: TestClient) -> None:
    answer = client.post("/login", headers={"origin": "https://help.shop.example:8443", "host": "127.0.0.1"})
    assert answer.status_code == 403
    for part in ("https://help.shop.example:8443", "127.0.0.1:", "hand it on as it came, with the port"):
        assert part in answer.text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example", "http://[::1"])
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
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b'{"fn_index": NaN, "data": [], "session_hash": "made-up"}'])
@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
def test_what_cannot_be_read_is_refused_in_words(client: TestClient, mount: str, body: bytes, kind: str) -> None:
    sign_in(client)
    answer = client.post(f"{mount}/gradio_api/queue/join", content=body, headers={"content-type": kind})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("This request cannot be read. body")


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("session", ["", "made-up", "\ud800"])
def test_who_listens_for_a_session_that_sent_nothing_is_told_so(client: TestClient, mount: str, session: str) -> None:
    sign_in(client)
    answer = client.get(f"{mount}/gradio_api/queue/data", params={"session_hash": session.encode("utf-8", "replace")})
    assert (answer.status_code, "reload" in answer.json()["detail"]) == (404, True)


@pytest.mark.parametrize("mount", MOUNTS)
def test_a_page_opens_whatever_else_stands_in_its_address_or_is_said_of_its_name(
    client: TestClient, mount: str
) -> None:
    sign_in(client)
    for path in ("/?page=2", "/?page=%00", "/?deep_link=a&utm_source=mail", "/config?page=2"):
        assert client.get(mount + path).status_code == 200
    for header in ("x-forwarded-host", "x-gradio-server"):
        answer = client.get(f"{mount}/config", headers={header: "http://evil.example:1:2"})
        assert answer.status_code == 200
        assert "evil" not in answer.text


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("folder", ["static", "assets", "svelte"])
def test_a_file_of_an_endless_name_is_not_found(client: TestClient, mount: str, folder: str) -> None:
    sign_in(client)
    for name in ("a" * 300, "\N{SNOWMAN}" * 100):
        assert client.get(f"{mount}/{folder}/{name}").status_code == 404


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
        client.cookies.set("chat", f"browser-{event}")  # a single one may not send so much at once
        asked: dict[str, Any] = {"fn_index": event, "data": ["", "", []], "session_hash": "made-up"}
        assert client.post(f"{CHAT}/gradio_api/queue/join", json=asked).status_code == 404
    assert events


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
        assert event.api_visibility == "private"
        if event.fn is not None:  # the others stay in the browser
            assert event.concurrency_limit in (1, 4)
            assert not [part for part in event.inputs if isinstance(part, forgeable)]


def test_no_event_waits_for_statistics_that_nobody_reads(app: FastAPI, client: TestClient) -> None:
    ask(client, app, "counted", None)
    queue = mounted(app, CHAT).get_blocks()._queue
    assert (queue.cached_event_analytics_summary, len(queue.event_analytics)) == ({"functions": {}}, 1)
