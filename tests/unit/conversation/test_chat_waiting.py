"""What a customer meets while another process writes to the database, as a long import does."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import Engine

from assistant.dialogue.phrases.en import BUSY
from assistant.services.conversation.chat import Chat
from assistant.store import Store
from tests.fakes import FakeLive
from tests.write_lock import held_elsewhere
from ui.chat.actions import Customer, look, say

ANN = Customer("token-of-ann")


@pytest.fixture
def chat(store: Store, live: FakeLive) -> Chat:
    live.says["money back"] = (("refund", 0.95),)
    return Chat(store, live)


def shown(chat: Chat) -> list[str]:
    view = look(chat, ANN)
    return [turn.text for turn in view.turns[1:]] if view else []


def test_an_answer_comes_as_soon_as_a_long_write_has_ended(chat: Chat, database: Path, engine: Engine) -> None:
    started = monotonic()
    with held_elsewhere(database, 1):
        page = say(chat, ANN, "money back")
    assert monotonic() - started > 0.9
    assert (page.status.text, page.draft) == ("", None)
    assert shown(chat) == ["money back", "We refund within five days."]
    with engine.connect() as connection:  # one of a minute is waited for just so, in milliseconds
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 60_000


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("said_before", [False, True])
def test_a_write_that_does_not_end_leaves_the_text_in_the_box_to_be_sent_again(
    chat: Chat, database: Path, said_before: bool
) -> None:
    before = ["hm", shown_after(chat, "hm")] if said_before else []
    with held_elsewhere(database, 60):
        page = say(chat, ANN, "money back")
        assert (page.status.text, page.status.is_problem, page.draft) == (BUSY, True, "money back")
        assert shown(chat) == before
    assert page.draft is not None
    assert say(chat, ANN, page.draft).draft is None
    assert shown(chat) == [*before, "money back", "We refund within five days."]


def shown_after(chat: Chat, text: str) -> str:
    say(chat, ANN, text)
    return shown(chat)[-1]
