"""What people call the intents: the desk's buttons and lists show titles, so what it says about them does too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from assistant.services.desk.labeling import Labeling
from assistant.services.health.overview import HealthView

Titles = Mapping[str, str]  # by internal name; a name that is not known any more stands for itself


def titles_of(labeling: Labeling) -> Titles:
    """Of all intents, those out of use included."""
    return {intent.name: intent.title for intent in (*labeling.intents(), *labeling.retired())}


def title_of(labeling: Labeling, name: str) -> str:
    """Of one intent."""
    return titles_of(labeling).get(name, name)


def titled(view: HealthView, titles: Titles) -> HealthView:
    """The same figures of intents by their titles."""

    def of(name: str) -> str:
        return titles.get(name, name)

    return replace(
        view,
        fallen=tuple(replace(one, intent=of(one.intent)) for one in view.fallen),
        confusions=tuple(replace(one, guess=of(one.guess), label=of(one.label)) for one in view.confusions),
        by_intent=tuple(replace(one, intent=of(one.intent)) for one in view.by_intent),
    )
