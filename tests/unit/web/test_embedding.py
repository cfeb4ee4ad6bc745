"""Who may show the chat in a frame, and what its cookie is there."""

from __future__ import annotations

import json

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from assistant.dialogue.front import FRONTS
from tests.unit.web.conftest import Site
from ui.app import CHAT, DESK
from ui.web.embedding import embedding_routes
from ui.web.headers import SecurityHeaders
from ui.web.visitors import set_cookie

SHOP = "https://www.shop.example"


def policy(app: FastAPI, path: str) -> tuple[str, str | None]:
    """What the answer at `path` says of frames, in the policy and in the older header."""
    walled = SecurityHeaders(app, CHAT, [SHOP, "https://shop.example"])
    headers = TestClient(walled, client=(f"framed{path}", 50000), follow_redirects=False).get(path).headers
    return headers["content-security-policy"].split("frame-ancestors ")[1], headers.get("x-frame-options")


def test_the_page_of_the_chat_stands_in_frames_of_the_sites_and_no_other_page_does(site: Site) -> None:
    bare = FastAPI()
    bare.mount("", site.app.router)
    assert policy(bare, f"{CHAT}/") == (f"{SHOP} https://shop.example", None)
    for path in (f"{DESK}/", "/login", "/", f"{CHAT}/config", "/healthz"):
        assert policy(bare, path) == ("'none'", "DENY"), path


def test_without_sites_nothing_is_framed_and_the_script_says_what_to_set(client: TestClient) -> None:
    assert client.get(f"{CHAT}/").headers["x-frame-options"] == "DENY"
    answer = client.get("/embed.js")
    assert (answer.status_code, "chat.sites" in answer.text) == (404, True)


def test_the_script_is_whole_and_carries_the_words_of_the_shop() -> None:
    app = FastAPI()
    app.include_router(embedding_routes(FRONTS, [SHOP], CHAT))
    answer = TestClient(app).get("/embed.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "__SHOWN__" not in answer.text
    for front in FRONTS.values():
        assert json.dumps(front.title) in answer.text


@pytest.mark.parametrize(
    ("secure", "abroad", "kept"),
    [
        (True, True, "SameSite=none; Secure; Partitioned"),  # of another site browsers keep nothing else
        (True, False, "SameSite=lax; Secure"),
        (False, True, "SameSite=none; Secure; Partitioned"),  # behind a proxy that does not tell of its TLS
        (False, False, "SameSite=lax"),
    ],
)
def test_the_cookie_is_as_open_as_a_frame_of_another_site_needs(secure: bool, abroad: bool, kept: str) -> None:
    said = set_cookie("token", CHAT, secure=secure, abroad=abroad)
    assert "HttpOnly" in said
    parts = {part.strip().lower() for part in said.split(";")}
    assert {part.lower() for part in kept.split("; ")} <= parts
    assert ("partitioned" in parts) == abroad
    assert ("secure" in parts) == (secure or abroad)


def test_the_page_asked_for_as_a_frame_of_another_site_gets_that_cookie(site: Site) -> None:
    asked = {"sec-fetch-dest": "iframe", "sec-fetch-site": "cross-site"}
    with TestClient(site.app, base_url="https://testserver", client=("framed", 50000)) as client:
        assert "partitioned" in client.get(f"{CHAT}/", headers=asked).headers["set-cookie"].lower()
        assert "samesite=lax" in client.get(f"{CHAT}/").headers["set-cookie"].lower()
