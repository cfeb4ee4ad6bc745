"""When two texts are the same text, and which side of the split a text falls on."""

from __future__ import annotations

import hashlib
import unicodedata

from assistant.domain import Split

GONE = ""  # in the place of a text that is no longer kept; no text is empty


def text_hash(text: str) -> str:
    """SHA-256 (hex) of the text without differences of case, spacing or Unicode composition."""
    return hashlib.sha256(search_form(text).encode("utf-8")).hexdigest()


def search_form(text: str) -> str:
    """The text as it is compared and searched: without differences of case, spacing or Unicode composition."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def split_of(text: str) -> Split:
    """Holdout for one text in five. The text alone decides, so a repeated text never changes sides."""
    return side_of(text_hash(text))


def side_of(digest: str) -> Split:
    """`split_of` the text that has this `text_hash`."""
    return Split.HOLDOUT if int(digest[:8], 16) % 5 == 0 else Split.TRAIN
