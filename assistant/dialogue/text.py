"""The one door for text that a person typed."""

from __future__ import annotations

import unicodedata

from assistant.dialogue.languages import PHRASES, Phrases
from assistant.domain import Language
from assistant.errors import InputError

LIMIT = 2000  # characters
BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
KEPT_CONTROLS = frozenset("\n\t")


def clean(text: str, limit: int = LIMIT, phrases: Phrases = PHRASES[Language.ENGLISH]) -> str:
    """`text` in Unicode NFC and stripped, without control characters and direction overrides.

    Markup is kept as it was typed: whoever shows the text escapes it. Raises InputError for a text that
    is longer than `limit` characters (as received), or that shows nothing, in the words of `phrases`.
    """
    if len(text) > limit:
        raise InputError(phrases.TOO_LONG.format(length=len(text), limit=limit))
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    # Nothing that has to go is printable: a short way for most of the many rows of an import.
    visible = unix if unix.isprintable() else "".join(char for char in unix if _keep(char))
    cleaned = unicodedata.normalize("NFC", visible).strip()
    if all(char.isspace() or unicodedata.category(char) == "Cf" for char in cleaned):
        raise InputError(phrases.EMPTY)
    return cleaned


def _keep(char: str) -> bool:
    if char in KEPT_CONTROLS:
        return True
    # Cs: half of a surrogate pair, which JSON can carry and UTF-8 (so the database) cannot.
    return char not in BIDI_OVERRIDES and unicodedata.category(char) not in ("Cc", "Cs")
