"""Which intents may be given as a label."""

from __future__ import annotations

from assistant.domain import Intent
from assistant.errors import InputError
from assistant.store import UnitOfWork


def require_in_use(uow: UnitOfWork, name: str) -> Intent:
    """The intent. Raises InputError for an unknown one (naming the nearest) and for a retired one (naming its heir)."""
    intent = uow.intents.get(name)
    retired = uow.intents.retired()
    if name in retired:
        instead = f"use {retired[name]!r}" if retired[name] else "choose another one or take it into use again"
        raise InputError(f"intent {name!r} is retired; {instead}")
    return intent
