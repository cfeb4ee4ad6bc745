"""What stands in the headers of every answer, and what browsers and proxies may keep of it."""

from __future__ import annotations

import gzip
import re

import pytest
from starlette.testclient import TestClient

from tests.unit.web.conftest import MOUNTS, sign_in
from ui.app import CHAT, DESK


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
