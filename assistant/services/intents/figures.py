"""How each intent stands: rows, accuracy in the last versions, confusions, and what it lacks to be proven."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from assistant.domain import Intent, Split, Version
from assistant.services.intents.retiring import heirs
from assistant.services.runs.judged import set_aside
from assistant.services.runs.stopping import PROVEN_FROM, stopping_hints
from assistant.store import Store

VERSIONS = 3
CONFUSIONS = 2


@dataclass(frozen=True, slots=True)
class IntentFigures:
    """One intent. `accuracies` are shares of holdout rows in the live version and those that it was built on, newest
    first, None without rows.

    `confusions` are the intents that operators put in its place most often, with how often; `lacking` is how many
    holdout rows are missing to be judged by itself; `retired` says so in words, empty while it is in use; `enough`
    says that the latest labels no longer made it better; `aside` counts the labels without which the gates let the live
    version pass.
    """

    intent: Intent
    train: int
    holdout: int
    accuracies: tuple[float | None, ...]
    confusions: tuple[tuple[str, int], ...]
    retired: str = ""
    enough: bool = False
    aside: int = 0

    @property
    def lacking(self) -> int:
        return max(0, PROVEN_FROM - self.holdout)


def intent_figures(store: Store) -> list[IntentFigures]:
    """All intents, those in use first, by title."""
    with store.unit(read_only=True) as uow:
        intents, retired = uow.intents.all(), uow.intents.retired()
        counts, confused = uow.examples.counts(), uow.inbox.confusions(heirs(uow))
        titles = uow.intents.titles()
        live = uow.versions.live()
        line = (uow.versions.get(version) for version in uow.versions.lineage(live.id)) if live else ()
        numbers = set_aside(live) if live else frozenset()
        waiting = uow.examples.pending() if numbers else []
        versions = list(islice((version for version in line if version.report.get("intents")), VERSIONS))
    aside = Counter(example.intent for example in waiting if example.id in numbers)
    enough = {hint.intent for hint in stopping_hints(store) if hint.pays is False}
    figures = [
        IntentFigures(
            intent,
            counts.get((intent.name, Split.TRAIN), 0),
            counts.get((intent.name, Split.HOLDOUT), 0),
            tuple(_accuracy(version, intent.name) for version in versions),
            tuple(confused.get(intent.name, ())[:CONFUSIONS]),
            _retired(intent.name, retired, titles),
            intent.name in enough,
            aside[intent.name],
        )
        for intent in intents
    ]
    return sorted(figures, key=lambda one: (one.retired != "", one.intent.title.casefold(), one.intent.name))


def _accuracy(version: Version, name: str) -> float | None:
    judged = cast("Mapping[str, Mapping[str, Any]]", version.report["intents"])
    return judged[name]["after"] if name in judged else None


def _retired(name: str, retired: Mapping[str, str | None], titles: Mapping[str, str]) -> str:
    if name not in retired:
        return ""
    heir = retired[name]
    return f"merged into “{titles.get(heir, heir)}”" if heir else "retired"
