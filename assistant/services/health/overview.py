"""Is it getting better, and is anything being forgotten? Read off reports and tables; nothing is computed anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np

from assistant.domain import Decision, Version
from assistant.monitoring.windows import entropies
from assistant.reading import read_whole
from assistant.services.health.forgetting import Fallen, fallen, kept
from assistant.services.health.intent_curves import IntentCurve, intent_curves
from assistant.services.health.reliability import Reliability, reliability
from assistant.services.health.runs import Run, runs
from assistant.services.intents.retiring import heirs
from assistant.services.runs.judged import NO_DOUBT, Judged, judged
from assistant.store import DriftScore, Store, UnitOfWork
from assistant.store.outcomes import Outcomes
from assistant.store.traffic import DayCount

VERSIONS = 40  # of the latest are shown
DAYS = 30
A_DAY = 100  # messages of a day whose scores are read: enough for a mean, few enough for a page
CONFUSED = 8  # intents
MEMORY = "memory.jsonl"  # as `assistant.learning.checkpoint` writes it


@dataclass(frozen=True, slots=True)
class VersionPoint:
    """One version of the line that leads to the live one.

    `judged` is what its own run measured, `kept` the accuracy on the intents of the first version, in [0, 1];
    `exemplars` and `megabytes` (millions of bytes) are those of its folder. None where nobody knows.
    """

    version: str
    made: datetime
    judged: Judged
    kept: float | None
    exemplars: int | None
    megabytes: float | None


@dataclass(frozen=True, slots=True)
class DayPoint:
    """One day in UTC. Shares lie in [0, 1]; entropy is a mean in nats. None where no model saw the messages.

    `outside` is the share that the version took for none of its intents, `unanswered` the share that it did not answer
    by itself. Entropy and `outside` come from at most A_DAY messages, spread over the day.
    """

    day: date
    messages: int
    confidence: float | None
    unanswered: float
    entropy: float | None
    outside: float | None


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often operators put `label` in the place of the first guess."""

    guess: str
    label: str
    times: int


@dataclass(frozen=True, slots=True)
class HealthView:
    """Everything oldest first. `fallen` are the live version's intents below their best, the furthest first."""

    live: str | None
    versions: tuple[VersionPoint, ...] = ()
    fallen: tuple[Fallen, ...] = ()
    runs: tuple[Run, ...] = ()
    unreadable: tuple[str, ...] = ()  # names of reports
    days: tuple[DayPoint, ...] = ()
    drift: tuple[DriftScore, ...] = ()  # of the live version
    confusions: tuple[Confusion, ...] = ()
    by_intent: tuple[IntentCurve, ...] = ()  # over `versions`, the least accurate first
    reliability: tuple[Reliability, ...] = ()  # of all versions' messages that operators labelled
    outcomes: tuple[Outcomes, ...] = ()  # of conversations, by the day on which they began
    no_doubt: str = ""  # why the live version cannot tell what is out of scope
    kept_at_first: float | None = None  # by the first version of all, which may be older than `versions`


class Health:
    """`versions` holds a folder for each version, `reports` a file for each run; without them less is told."""

    def __init__(self, store: Store, versions: Path | None = None, reports: Path | None = None) -> None:
        self._store, self._versions, self._reports = store, versions, reports

    def view(self) -> HealthView:
        """How the installation stands now. An empty view before the first version."""
        with self._store.unit(read_only=True) as uow:
            live = uow.versions.live()
            if live is None:
                return HealthView(None)
            every = {version.id: version for version in uow.versions.all()}
            line = [every[name] for name in reversed(uow.versions.lineage(live.id))]
            published = {past.to_version for past in uow.versions.history()}
            drift = uow.drift.of(live.id)
            days = _days(uow)
            confused = _confused(uow)
            reliable = reliability(uow)
            came = tuple(uow.traffic.outcomes(DAYS))
        done, unreadable = runs(list(every.values()), published, self._reports)
        return HealthView(
            live.id,
            tuple(self._point(version, line[0]) for version in line[-VERSIONS:]),
            fallen(line),
            done,
            unreadable,
            days,
            tuple(drift),
            confused,
            intent_curves(line[-VERSIONS:]),
            reliable,
            came,
            str(live.report.get(NO_DOUBT) or ""),
            kept(line[0], line[0]),
        )

    def _point(self, version: Version, first: Version) -> VersionPoint:
        folder = self._versions / version.id if self._versions else None
        return VersionPoint(
            version.id,
            version.created_at,
            judged(version),
            kept(version, first),
            _lines(folder / MEMORY) if folder else None,
            _megabytes(folder) if folder else None,
        )


def _days(uow: UnitOfWork) -> tuple[DayPoint, ...]:
    found = []
    for count in uow.traffic.days(DAYS):
        doubts = uow.traffic.doubts(count.day, A_DAY)
        told = [doubt.outside for doubt in doubts if doubt.outside is not None]
        entropy = entropies([doubt.probabilities for doubt in doubts])
        found.append(
            DayPoint(
                count.day,
                count.messages,
                count.confidence,
                _unanswered(count),
                float(entropy.mean()) if len(entropy) else None,
                float(np.mean(told)) if told else None,
            )
        )
    return tuple(found)


def _unanswered(count: DayCount) -> float:
    """Of the messages that the bot was to answer: what a person has taken over or the customer picked is left out."""
    by = count.decisions
    asked = sum(by.get(decision, 0) for decision in (Decision.ANSWER, Decision.CLARIFY, Decision.HAND_OVER))
    return 1 - by.get(Decision.ANSWER, 0) / asked if asked else 0.0


def _confused(uow: UnitOfWork) -> tuple[Confusion, ...]:
    """All pairs of the intents that are confused most often."""
    told = uow.inbox.confusions(heirs(uow))
    pairs = [Confusion(guess, label, times) for guess, found in told.items() for label, times in found]
    often: dict[str, int] = {}
    for pair in pairs:
        for name in (pair.guess, pair.label):
            often[name] = often.get(name, 0) + pair.times
    most = set(sorted(often, key=lambda name: (-often[name], name))[:CONFUSED])
    kept_pairs = [pair for pair in pairs if {pair.guess, pair.label} <= most]
    return tuple(sorted(kept_pairs, key=lambda pair: (-pair.times, pair.guess, pair.label)))


def _lines(file: Path) -> int | None:
    try:
        return read_whole(file, most=None).count(b"\n")
    except OSError:  # a folder that somebody moved away is no reason to show nothing
        return None


def _megabytes(folder: Path) -> float | None:
    sizes: Sequence[int] = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
    return sum(sizes) / 1e6 if sizes else None
