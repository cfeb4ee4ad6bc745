"""Whose conversation it is: found by a token in the customer's browser, so that it survives a reload and a restart."""

from __future__ import annotations

import hashlib
import secrets

from assistant.dialogue.front import FRONTS, Fronts, spoken
from assistant.domain import ConversationState, Language
from assistant.errors import InputError
from assistant.services.conversation.transcript import chat_view
from assistant.services.views import ChatView
from assistant.store import Store

TOKEN_LIMIT = 256  # characters


class Visitors:
    """A token is a secret of 256 bits; only its hash is stored, so that the database opens no conversation."""

    def __init__(self, store: Store, fronts: Fronts = FRONTS) -> None:
        self._store, self._fronts = store, fronts

    @staticmethod
    def new_token() -> str:
        return secrets.token_urlsafe(32)

    def current(self, token: str) -> ChatView | None:
        """The newest conversation of the browser with this token; None before the first."""
        with self._store.unit(read_only=True) as uow:
            found = uow.people.latest_of(_hashed(token))
            return chat_view(uow, found.id) if found else None

    def is_current(self, token: str, conversation_id: str) -> bool:
        """Whether that is the newest conversation of the browser with this token."""
        with self._store.unit(read_only=True) as uow:
            found = uow.people.latest_of(_hashed(token))
            return found is not None and found.id == conversation_id

    def start(self, token: str, language: Language) -> ChatView:
        """A new conversation for that browser, with the greeting. Nobody waits in the one before any more."""
        visitor, language = _hashed(token), spoken(self._fronts, language)
        with self._store.unit() as uow:
            before = uow.people.latest_of(visitor)
            if before is not None and before.state is ConversationState.WAITING:
                uow.conversations.set_state(before.id, ConversationState.BOT)
                uow.conversations.set_operator(before.id, None)
            conversation_id = uow.conversations.create(visitor, language)
            uow.conversations.add_bot_message(conversation_id, self._fronts[language].greeting)
            return chat_view(uow, conversation_id)

    def speak(self, token: str, language: Language) -> ChatView | None:
        """The browser's conversation goes on in another language; what was said stays."""
        with self._store.unit() as uow:
            found = uow.people.latest_of(_hashed(token))
            if found is None:
                return None
            uow.conversations.set_language(found.id, language)
            return chat_view(uow, found.id)


def _hashed(token: str) -> str:
    """Raises InputError for what cannot be a token of ours."""
    if not 0 < len(token) <= TOKEN_LIMIT:
        raise InputError("This browser sent no usable token. Please reload the page.")
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
