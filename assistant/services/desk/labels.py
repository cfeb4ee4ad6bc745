"""Which intents may be given as a label, and what people are told of them: the desk shows titles, not names."""

from __future__ import annotations

from assistant.domain import OUT_OF_SCOPE, Action, Intent
from assistant.errors import InputError
from assistant.store import UnitOfWork

EDIT = "edit_intent"  # the entries of the log that say how an intent read before
OUTSIDE = Intent(OUT_OF_SCOPE, "Out of scope", "I am sorry, that is nothing I can help with here.")


def called(uow: UnitOfWork, name: str) -> str:
    """The title of an intent in quotation marks; of one that is not there (any more) the name."""
    return f"“{uow.intents.titles().get(name, name)}”"


def require_in_use(uow: UnitOfWork, name: str) -> Intent:
    """The intent. Raises InputError for an unknown one (naming the nearest) and for a retired one (naming its heir)."""
    intent = uow.intents.get(name)
    retired = uow.intents.retired()
    if name in retired:
        heir = retired[name]
        instead = f"use {called(uow, heir)}" if heir else "choose another one or take it into use again"
        raise InputError(f"The intent {called(uow, name)} is retired; {instead}.")
    return intent


def require_own_title(uow: UnitOfWork, title: str, name: str) -> None:
    """Raises InputError when another intent in use than `name` has this title: customers could not tell them apart.

    Asked when a person words an intent, not when a corpus is read, so that a shop that has such titles goes on.
    """
    retired = uow.intents.retired()
    for intent in uow.intents.all():
        if intent.name not in {name, *retired} and _alike(intent.title) == _alike(title):
            raise InputError(
                f"There is an intent with the title “{intent.title}” already: customers would read the same twice."
                " Please choose another title."
            )


def action_with(uow: UnitOfWork, name: str, answer: str) -> Action:
    """What the intent leads to with this answer: one that was made without any hands over until it has one."""
    intent = uow.intents.get(name)
    edits = uow.audit.of_subject(f"intent/{name}", EDIT)
    if (edits[-1].before or {})["answer"] if edits else intent.answer:
        return intent.action
    return Action.ANSWER if answer.strip() else Action.HAND_OVER


def _alike(title: str) -> str:
    return " ".join(title.split()).casefold()
