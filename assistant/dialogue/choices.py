"""What customers type where they could have pressed one of the choices."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import Enum

from assistant.dialogue.languages import Phrases


class Reply(Enum):
    """What a text is to an open question, when it names none of its choices."""

    NONE_OF_THEM = "none of them"
    ONE_OF_THEM = "yes, but to which?"
    SOMETHING_ELSE = "a message of its own"


def choice_in(text: str, titles: Mapping[str, str], phrases: Phrases) -> str | Reply:
    """The intent that `text` picks of those offered, with their `titles` in the order shown, or what else it says.

    It picks one by its title or its place, or by a yes where there is only one. Case and punctuation do not count;
    anything longer is for the model to understand.
    """
    said = _plain(text)
    named = next((intent for intent, title in titles.items() if said and _plain(title) == said), None)
    if named is not None:
        return named
    for intent, place in zip(titles, phrases.PLACES, strict=False):
        if said in place:
            return intent
    if said in phrases.YES:
        return next(iter(titles)) if len(titles) == 1 else Reply.ONE_OF_THEM
    return Reply.NONE_OF_THEM if said in phrases.NONE else Reply.SOMETHING_ELSE


def _plain(text: str) -> str:
    # NFKC: keyboards for Chinese and Japanese write digits and letters in the width of their signs too.
    folded = unicodedata.normalize("NFKC", text).casefold()
    joined = "".join(char if char.isalnum() else "" if char in "'’" else " " for char in folded)
    return " ".join(joined.split())
