"""The languages that the assistant speaks. What the shop wrote, answers and titles, stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from assistant.dialogue.phrases import de, en, es, fr, zh_cn
from assistant.domain import Language


class Phrases(Protocol):
    """What a file of phrases has; see `assistant.dialogue.phrases.en`."""

    TITLE: str
    TAGLINE: str
    GREETING: str
    CLARIFY: str
    NOT_UNDERSTOOD: str
    NONE_OF_THESE: str
    WHICH: str
    REPHRASE: str
    HAND_OVER: str
    HANDED_BACK: str
    NOT_HELPFUL: str
    BUSY: str
    TOO_LONG: str
    TOO_MANY: str
    EMPTY: str
    WAITING: str
    YES: frozenset[str]
    NONE: frozenset[str]
    PLACES: tuple[frozenset[str], ...]


PHRASES: Mapping[Language, Phrases] = {
    Language.ENGLISH: en,
    Language.CHINESE: zh_cn,
    Language.GERMAN: de,
    Language.FRENCH: fr,
    Language.SPANISH: es,
}


def preferred(accepted: str, spoken: Sequence[Language]) -> Language:
    """The first language of an Accept-Language header that is among those `spoken`, by its weights; else their first.

    Every Chinese counts as Simplified Chinese: somebody who reads Traditional reads it sooner than English.
    """
    wishes = []
    for place, wish in enumerate(accepted[:200].split(",")):
        tag, _, weight = wish.replace(" ", "").lower().partition(";q=")
        wishes.append((-_weight(weight), place, tag))
    for refused, _, tag in sorted(wishes):
        for language in spoken:
            if refused and tag.split("-")[0] == language.value.split("-")[0]:
                return language
    return spoken[0]


def _weight(text: str) -> float:
    """From 0 to 1; 1 for what is no number."""
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 1.0
