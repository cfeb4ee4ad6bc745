"""The languages that the assistant speaks. What the shop wrote, answers and titles, stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from assistant.dialogue import phrases, phrases_zh_cn


class Language(StrEnum):
    """By the tag that browsers use."""

    ENGLISH = "en"
    CHINESE = "zh-CN"


class Phrases(Protocol):
    """What a file of phrases has; see `assistant.dialogue.phrases`."""

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


PHRASES: Mapping[Language, Phrases] = {Language.ENGLISH: phrases, Language.CHINESE: phrases_zh_cn}


def preferred(accepted: str) -> Language:
    """The first language of an Accept-Language header that is spoken here, by its weights; English for none.

    Every Chinese counts as Simplified Chinese: somebody who reads Traditional reads it sooner than English.
    """
    wishes = []
    for place, wish in enumerate(accepted[:200].split(",")):
        tag, _, weight = wish.strip().lower().partition(";q=")
        wishes.append((-_weight(weight), place, tag))
    for refused, _, tag in sorted(wishes):
        for language in Language:
            if refused and tag.split("-")[0] == language.value.split("-")[0]:
                return language
    return Language.ENGLISH


def _weight(text: str) -> float:
    """From 0 to 1; 1 for what is no number."""
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 1.0
