"""Every word on the customers' page, one file per language in `ui/locales`. What the bot says is in the dialogue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.dialogue.front import Fronts
from assistant.dialogue.languages import PHRASES
from assistant.dialogue.text import LIMIT
from assistant.domain import Language

LOCALES = Path(__file__).parent / "locales"


@dataclass(frozen=True, slots=True)
class Words:
    """The keys of a file; one that lacks a key or has another does not load."""

    language: str
    person: str
    conversation: str
    you: str
    assistant: str
    colleague: str
    typing: str
    copy: str
    copied: str
    suggestions: str
    helpful: str
    yes: str
    no: str
    not_meant: str
    thanks: str
    comment: str
    comment_send: str
    comment_skip: str
    comment_thanks: str
    message: str
    placeholder: str
    send: str
    left: str
    too_long: str
    start_over: str
    start_over_waiting: str
    failure: str
    too_fast: str
    stale: str
    news: str
    close: str
    offline: str


def read_words(language: Language) -> Words:
    """Raises TypeError for a missing or unknown key."""
    return Words(**json.loads((LOCALES / f"{language.value}.json").read_text(encoding="utf-8")))


WORDS: Mapping[Language, Words] = {language: read_words(language) for language in Language}


def others(language: Language, fronts: Fronts) -> list[Language]:
    """The languages that the page can be switched to."""
    return [each for each in fronts if each is not language]


def words_for_script(fronts: Fronts) -> str:
    """What the page's script says by itself, as a JSON element for the head of the page."""
    spoken = {
        language.value: {
            **asdict(WORDS[language]),
            "title": front.title,
            "busy": PHRASES[language].BUSY,
            "limit": LIMIT,
        }
        for language, front in fronts.items()
    }
    text = json.dumps(spoken).replace("<", "\\u003c")  # a `<` in it must not end the element
    return f'<script type="application/json" id="words">{text}</script>'
