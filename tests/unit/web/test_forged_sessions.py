"""No made-up state, cookie or session opens somebody else's conversation."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from assistant.domain import Language
from assistant.services.conversation.chat import Chat
from tests.unit.web.conftest import Site, ask
from ui.app import CHAT


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
