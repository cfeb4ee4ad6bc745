"""Promises to a returning browser: it finds its own conversation, and nobody else's."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from starlette.requests import HTTPConnection

from assistant.dialogue.languages import preferred
from assistant.domain import ConversationState, Language
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.services.conversation.handover import Handover
from assistant.services.conversation.visitors import Visitors
from assistant.store import Store
from tests.fakes import FakeClock, FakeLive
from ui.web.visitors import set_cookie, token_of


@pytest.fixture
def visitors(store: Store) -> Visitors:
    return Visitors(store)


def test_a_browser_finds_its_newest_conversation_after_a_restart(store: Store, visitors: Visitors) -> None:
    first = visitors.start("ann", Language.ENGLISH)
    second = visitors.start("ann", Language.ENGLISH)
    visitors.start("bob", Language.ENGLISH)
    assert first.conversation_id != second.conversation_id
    assert Visitors(Store(store._engine)).current("ann") == second


def test_starting_over_is_not_in_vain_after_the_clock_was_set_back(visitors: Visitors, clock: FakeClock) -> None:
    visitors.start("ann", Language.ENGLISH)
    clock.forward(hours=-1)
    second = visitors.start("ann", Language.ENGLISH)
    assert visitors.current("ann") == second


def test_tokens_cannot_be_guessed(visitors: Visitors) -> None:
    tokens = {Visitors.new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 43  # 256 bits


def test_the_database_does_not_hold_the_token(visitors: Visitors, engine: Engine) -> None:
    token = Visitors.new_token()
    view = visitors.start(token, Language.ENGLISH)
    with engine.connect() as connection:
        rows = connection.execute(text("select * from conversations")).all()
    assert token not in repr(rows)
    assert visitors.current(view.conversation_id) is None


@pytest.mark.parametrize("token", ["", "x" * 257])
def test_what_cannot_be_a_token_is_refused(visitors: Visitors, token: str) -> None:
    with pytest.raises(InputError):
        visitors.start(token, Language.ENGLISH)


def test_starting_over_ends_the_wait_for_a_person(store: Store, live: FakeLive) -> None:
    chat, handover = Chat(store, live), Handover(store)
    before = chat.visitors.start("ann", Language.ENGLISH).conversation_id
    chat.hand_over(before)
    handover.take_over(before, "operator")
    chat.visitors.start("ann", Language.ENGLISH)
    assert handover.waiting() == []
    assert chat.view(before).state is ConversationState.BOT


def test_the_conversation_remembers_its_language(store: Store, live: FakeLive) -> None:
    chat = Chat(store, live)
    chat.visitors.start("ann", Language.ENGLISH)
    chat.visitors.speak("ann", Language.CHINESE)
    view = chat.visitors.current("ann")
    assert view
    assert view.language is Language.CHINESE
    assert view.turns[0].text.startswith("Hello")  # what was said stays


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", Language.CHINESE),
        ("zh-TW", Language.CHINESE),
        ("en-GB,zh;q=0.9", Language.ENGLISH),
        ("fr;q=1, en; q=0.3, zh; q=0.4", Language.CHINESE),
        ("de", Language.ENGLISH),
        ("zh;q=0, de", Language.ENGLISH),
        ("", Language.ENGLISH),
        (";;;q=x,,\x00" * 50, Language.ENGLISH),
    ],
)
def test_the_browser_chooses_the_language(header: str, language: Language) -> None:
    assert preferred(header, (Language.ENGLISH, Language.CHINESE)) is language


def test_who_asks_for_none_that_is_spoken_gets_the_first() -> None:
    assert preferred("en, zh", (Language.GERMAN, Language.FRENCH)) is Language.GERMAN
    assert preferred("en, fr-CH", (Language.GERMAN, Language.FRENCH)) is Language.FRENCH


def test_the_cookie_is_kept_from_scripts_and_comes_back_by_itself() -> None:
    token = Visitors.new_token()
    cookie = set_cookie(token, "/chat", secure=True)
    assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/chat"} <= set(cookie.split("; "))
    assert "Secure" not in set_cookie(token, "/chat", secure=False)
    sent = {"type": "http", "headers": [(b"cookie", cookie.split(";")[0].encode())]}
    assert token_of(HTTPConnection(sent)) == token


@pytest.mark.parametrize("value", ["", "x" * 257, "\xff"])
def test_a_cookie_that_is_not_ours_is_no_token(value: str) -> None:
    sent = {"type": "http", "headers": [(b"cookie", f"chat={value}".encode("latin-1"))]}
    assert token_of(HTTPConnection(sent)) is None
