"""The languages that the chat speaks, and what it opens with in each: the shop's own words, or ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.dialogue.languages import PHRASES
from assistant.domain import Language


@dataclass(frozen=True, slots=True)
class Front:
    """The heading, the line below it, and the first thing that the assistant says."""

    title: str
    tagline: str
    greeting: str


Fronts = Mapping[Language, Front]  # by the languages spoken, of which the first is for those who ask for none of them
FRONTS: Fronts = {language: Front(said.TITLE, said.TAGLINE, said.GREETING) for language, said in PHRASES.items()}


def first(fronts: Fronts) -> Language:
    """The language for those who ask for none that is spoken."""
    return next(iter(fronts))


def spoken(fronts: Fronts, language: Language) -> Language:
    """`language` if the chat speaks it, else the first that it does."""
    return language if language in fronts else first(fronts)
