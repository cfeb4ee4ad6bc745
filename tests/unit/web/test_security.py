"""The wall around the pages: who may ask for what, and what every answer carries."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import Any, cast

import gradio as gr
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.domain import Language
from assistant.services.conversation.chat import Chat
from tests.unit.web.conftest import Site, sign_in
from ui.app import CHAT, DESK, create_app
from ui.web.limits import BODY_LIMIT_BYTES

MOUNTS = (CHAT, DESK)


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


@pytest.mark.parametrize("path", ["/log.csv", "/login", "/healthz", f"{DESK}/", f"{DESK}/config"])
def test_no_proxy_keeps_what_is_for_one_person(client: TestClient, path: str) -> None:
    sign_in(client)
    assert client.get(path, follow_redirects=True).headers["cache-control"] == "no-store"


def test_after_an_update_browsers_have_the_new_files(client: TestClient) -> None:
    answers = [client.get("/static/chat.js")]
    answers.append(client.get("/static/chat.js", headers={"if-none-match": answers[0].headers["etag"]}))
    assert [each.status_code for each in answers] == [200, 304]
    assert [each.headers["cache-control"] for each in answers] == ["no-cache"] * 2  # asks each time if it is still good


@pytest.mark.parametrize("mount", MOUNTS)
def test_a_browser_asks_once_for_what_has_its_content_in_its_name(client: TestClient, mount: str) -> None:
    sign_in(client)
    page = client.get(f"{mount}/", headers={"accept": "text/html"}).text
    (script,) = re.findall(r'<script [^>]*src="\./(assets/index-[^"]+\.js)"', page)
    assert client.get(f"{mount}/{script}").headers["cache-control"] == "max-age=31536000, immutable"
    gone = client.get(f"{mount}/assets/index-00000000.js")  # of another version, on a server that was not restarted yet
    assert (gone.status_code, gone.headers["cache-control"]) == (404, "no-store")


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/login", "/favicon.ico", "/manifest.json", "/embed.js", f"{CHAT}/", f"{DESK}/"]
)
def test_whoever_asks_for_the_headers_alone_gets_those_of_the_answer(client: TestClient, path: str) -> None:
    assert client.head(path).status_code == client.get(path).status_code


def test_only_the_scripts_of_this_answer_may_run(client: TestClient) -> None:
    pages = [client.get(f"{CHAT}/", headers={"accept": "text/html", "accept-encoding": "br"}) for _ in "ab"]
    nonces = [re.findall(r"'nonce-([^']+)'", page.headers["content-security-policy"]) for page in pages]
    assert nonces[0] != nonces[1]
    for page, nonce in zip(pages, nonces, strict=True):
        assert "'unsafe-inline'" not in page.headers["content-security-policy"].split("script-src")[1].split(";")[0]
        assert len(re.findall(r"<script\b", page.text)) == page.text.count(f'<script nonce="{nonce[0]}"') > 0


@pytest.mark.parametrize("path", [f"{CHAT}/", "/static/chat.js"])
def test_what_a_phone_loads_at_each_page_is_compressed(client: TestClient, path: str) -> None:
    with client.stream("GET", path, headers={"accept": "text/html, */*", "accept-encoding": "gzip, br"}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert len(sent) < 0.4 * len(gzip.decompress(sent))


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


def test_the_name_of_an_open_page_opens_no_conversation_without_its_cookie(site: Site, client: TestClient) -> None:
    client.cookies.set("chat", "the token of eve")
    assert ask(client, site.app, "page-of-eve", None).count("hello") == 1
    assert ask(client, site.app, "page-of-eve", None).count("hello") == 2
    client.cookies.clear()
    assert ask(client, site.app, "page-of-eve", None).count("hello") == 1


def test_a_browser_that_keeps_no_cookie_goes_on_in_its_open_page(site: Site, client: TestClient) -> None:
    client.cookies.clear()
    assert ask(client, site.app, "page-of-nobody", None).count("hello") == 1
    assert ask(client, site.app, "page-of-nobody", None).count("hello") == 2


def test_the_chat_gives_each_browser_a_token_and_renews_it(client: TestClient) -> None:
    first = client.get(f"{CHAT}/").headers["set-cookie"]
    assert "HttpOnly" in first
    assert client.get(f"{CHAT}/").cookies["chat"] == client.cookies["chat"]
    assert "set-cookie" not in client.get(f"{CHAT}/config").headers
    assert "chat=" not in client.get("/login").headers["set-cookie"]
