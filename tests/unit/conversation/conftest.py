"""A chat over a real store, and a conversation in it."""

from __future__ import annotations

import pytest

from assistant.services.conversation.chat import Chat
from assistant.services.views import ChatTurn, ChatView
from assistant.store import Message, Store
from tests.fakes import FakeLive

XSS = "<img src=x onerror=alert(1)>"


SURE = "I want my money back"


@pytest.fixture
def chat(store: Store, live: FakeLive) -> Chat:
    live.says[SURE] = (("refund", 0.95), ("delivery", 0.05))
    live.says["a person please"] = (("person", 0.95),)
    return Chat(store, live)


@pytest.fixture
def talk(chat: Chat) -> str:
    return chat.start().conversation_id


def messages(store: Store, conversation_id: str, role: str = "user") -> list[Message]:
    with store.unit(read_only=True) as uow:
        return [m for m in uow.conversations.messages(conversation_id) if m.role == role]


def last(view: ChatView) -> ChatTurn:
    return view.turns[-1]


def texts(view: ChatView) -> list[str]:
    return [turn.text for turn in view.turns]
