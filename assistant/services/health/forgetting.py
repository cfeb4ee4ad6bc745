"""Forgetting over all versions, not just from one night to the next: small losses add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.domain import Version
from assistant.services.runs.judged import intent_scores, overall
from assistant.services.runs.stopping import PROVEN_FROM


@dataclass(frozen=True, slots=True)
class Fallen:
    """An intent below the best that it ever reached; accuracies in [0, 1], `rows` are those of the live version."""

    intent: str
    best: float
    best_version: str
    now: float
    rows: int

    @property
    def lost(self) -> float:
        return self.best - self.now


def kept(version: Version, first: Version) -> float | None:
    """The version's accuracy on the intents of the first one, in [0, 1]; None without rows.

    Each version is judged on the holdout of its day, which grows.
    """
    known = intent_scores(first.report)
    return overall({name: score for name, score in intent_scores(version.report).items() if name in known})


def fallen(line: Sequence[Version]) -> tuple[Fallen, ...]:
    """The intents of the last version of `line` (oldest first) that an earlier one knew better, furthest first.

    Intents with fewer than PROVEN_FROM rows are left out: one row more or less would already look like forgetting.
    """
    *before, (_, now) = ((version.id, intent_scores(version.report)) for version in line)
    found = []
    for name, score in now.items():
        past = [
            (known.accuracy, version)
            for version, scores in before
            if (known := scores.get(name)) and known.rows >= PROVEN_FROM
        ]
        best, where = max(past, key=lambda one: one[0], default=(0.0, ""))
        if score.rows >= PROVEN_FROM and best > score.accuracy:
            found.append(Fallen(name, best, where, score.accuracy, score.rows))
    return tuple(sorted(found, key=lambda one: (-one.lost, one.intent)))
