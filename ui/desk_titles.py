"""What people call the intents: the desk's buttons and lists show titles, so what it says about them does too."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.services.labeling import Labeling

Titles = Mapping[str, str]  # by internal name; a name that is not known any more stands for itself


def titles_of(labeling: Labeling) -> Titles:
    """Of all intents, those out of use included."""
    return {intent.name: intent.title for intent in (*labeling.intents(), *labeling.retired())}


def title_of(labeling: Labeling, name: str) -> str:
    """Of one intent."""
    return titles_of(labeling).get(name, name)
