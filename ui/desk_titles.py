"""What people call the intents: the desk's buttons and lists show titles, so what it says about them does too."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.services.labeling import Labeling

Titles = Mapping[str, str]  # by internal name; a name that is not known any more stands for itself


def titles_of(labeling: Labeling) -> Titles:
    """Of the intents in use."""
    return {intent.name: intent.title for intent in labeling.intents()}
