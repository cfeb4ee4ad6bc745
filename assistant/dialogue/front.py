"""What the chat opens with, in each language: the shop's own words, or ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.dialogue.languages import PHRASES, Language


@dataclass(frozen=True, slots=True)
class Front:
    """The heading, the line below it, and the first thing that the assistant says."""

    title: str
    tagline: str
    greeting: str


Fronts = Mapping[Language, Front]
FRONTS: Fronts = {language: Front(said.TITLE, said.TAGLINE, said.GREETING) for language, said in PHRASES.items()}
