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


def require_own_title(uow: UnitOfWork, title: str, name: str) -> None:
    """Raises InputError when another intent in use than `name` has this title: customers could not tell them apart.

    Asked when a person words an intent, not when a corpus is read, so that a shop that has such titles goes on.
    """
    retired = uow.intents.retired()
    for intent in uow.intents.all():
        if intent.name not in {name, *retired} and _alike(intent.title) == _alike(title):
            raise InputError(
                f"The title “{intent.title}” is taken by intent {intent.name!r}: customers would read the same twice."
                " Please choose another title."
            )


def _alike(title: str) -> str:
    return " ".join(title.split()).casefold()
