"""What a version that learned a part of the data meets: quiet traffic, and ways in which it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.domain import LabelledText
from assistant.errors import InputError
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, update
from assistant.model.encoder import CachedEncoder, TextEncoder
from assistant.monitoring.drift import WINDOW
from assistant.monitoring.typos import misspelt_characters, misspelt_words
from assistant.monitoring.windows import Lens, Window, entropies
from assistant.services.benchmarks.features import cached_features
from assistant.services.benchmarks.sides import read_sides
from assistant.services.watching.drift import PROBABLY

Progress = Callable[[str, int, int], None]
Rows = NDArray[np.int64]

TAUGHT = 50  # rows per intent that the version learns; the others are its traffic
REFERENCE = 600
MISSPELT = 300  # messages of each kind that are embedded afresh
SHIFTED = 320  # messages after a change
SEASONAL = 5  # intents that rise, half of them where they are few: if all rise, nothing has changed


@dataclass(frozen=True)
class Traffic:
    """What the version makes of every message that may arrive. Shapes: (rows,), vectors (rows, dimension)."""

    vectors: NDArray[np.float32]
    entropy: NDArray[np.float64]
    unsure: NDArray[np.bool_]
    outside: NDArray[np.bool_]
    guesses: Rows
    wrong: NDArray[np.bool_]

    def window(self, rows: Rows, lens: Lens, before: NDArray[np.bool_], generator: np.random.Generator) -> Window:
        """Half of the wrong answers are complained about, and one right one in a hundred."""
        dislike = np.where(self.wrong[rows] & ~self.unsure[rows], 0.5, 0.01)
        disputed = generator.random(len(rows)) < dislike
        seen = lens.seen(self.vectors[rows])
        return Window(self.entropy[rows], self.outside[rows], self.guesses[rows], seen, disputed, before)


@dataclass(frozen=True)
class Scene:
    """The traffic, and the numbers of the rows of it that come to the version.

    home: quiet traffic; away: of the other domains; unknown: of intents that the version has not learned; season: those
    of `home` whose intents rise in a season; typos: messages of `home`, misspelt, by the way in which they are.
    """

    traffic: Traffic
    home: Rows
    away: Rows
    unknown: Rows
    season: Rows
    typos: Mapping[str, Rows]

    def changes(self) -> dict[str, Callable[[np.random.Generator], Rows]]:
        """What comes after each kind of change, SHIFTED messages of it."""

        def half(rows: Rows) -> Callable[[np.random.Generator], Rows]:
            return lambda g: np.where(g.random(SHIFTED) < 0.5, g.choice(rows, SHIFTED), g.choice(self.home, SHIFTED))

        def all_of(rows: Rows) -> Callable[[np.random.Generator], Rows]:
            return lambda g: g.choice(rows, SHIFTED)

        typos = {kind: all_of(rows) for kind, rows in self.typos.items()}
        return {
            "domain_swap": all_of(self.away),
            "new_intents": half(self.unknown),
            **typos,
            "season": half(self.season),
        }


def set_scene(
    data: Path,
    domains: Mapping[str, Sequence[str]] | None,
    encoder: TextEncoder,
    cache: Path,
    plan: UpdatePlan,
    seed: int,
    on_progress: Progress,
) -> Scene:
    """A version learns TAUGHT rows of each intent but every fifth; what it has not seen is its traffic. Quiet traffic
    comes from half of the domains (without `domains`: of the intents). Test rows are not read.

    Raises InputError for data that has too few rows.
    """
    rows = [row for row in read_sides(data) if row.split in ("train", "holdout", None)]
    generator = np.random.default_rng((seed, 0))
    taught, spare, unknown = _parts(rows, generator)
    if len(spare) < 3 * REFERENCE:
        raise InputError(
            f"{data}: {len(spare)} rows are left as traffic; the benchmark takes {3 * REFERENCE}; give more rows: a"
            f" version learns {TAUGHT} of each intent, and none of every fifth intent"
        )
    named = [LabelledText(r.text, r.intent) for r in rows]
    first = _halves(sorted({named[n].intent for n in taught}), domains)
    home = np.array([n for n in spare if named[n].intent in first])
    away = np.array([n for n in spare if named[n].intent not in first])
    _require_both(data, len(home), len(away), domains)
    features = cached_features(
        encoder, [r.text for r in rows], cache, str(data.resolve()), lambda d, t: on_progress("embedding", d, t)
    )
    on_progress("learning", 0, 1)
    holdout = [named[n] for n in spare[:: max(1, len(spare) // 1000)]]  # of all intents, also in a file sorted by them
    learner = update(Learner.untrained(features, plan), [named[n] for n in taught], plan, holdout=holdout)
    on_progress("learning", 1, 1)

    every, typos = list(named), {}
    for kind, misspelt in (("typos_characters", misspelt_characters), ("typos_words", misspelt_words)):
        typos[kind] = len(every) + np.arange(MISSPELT)
        drawn = [named[n] for n in generator.choice(home, MISSPELT)]
        every += [LabelledText(misspelt(row.text, 0.2, generator), row.intent) for row in drawn]
    traffic = _seen(learner, features, every, lambda d, t: on_progress("embedding typos", d, t))
    usual = sorted({named[n].intent for n in home})  # an intent whose rows are all learned has no traffic
    rising = usual[: max(1, min(SEASONAL, len(usual) // 2))]
    season = np.array([n for n in home if named[n].intent in rising])
    return Scene(traffic, home, away, unknown, season, typos)


def _parts(rows: Sequence[Any], generator: np.random.Generator) -> tuple[Rows, Rows, Rows]:
    """Rows to learn, rows left of the intents learned, rows of intents that are not learned."""
    intents = np.array([row.intent for row in rows])
    trained = np.array([row.split != "holdout" for row in rows])
    names = np.unique(intents)
    hidden = set(names[::5])
    drawn = [generator.permutation(np.flatnonzero((intents == name) & trained)) for name in names if name not in hidden]
    taught = np.array([row for each in drawn for row in each[:TAUGHT]], dtype=np.int64)
    left = np.setdiff1d(np.arange(len(rows)), taught)
    unknown = np.array([n for n in left if intents[n] in hidden])
    return taught, np.array([n for n in left if intents[n] not in hidden]), unknown


def _require_both(data: Path, home: int, away: int, domains: Mapping[str, Sequence[str]] | None) -> None:
    """Raises InputError unless there is quiet traffic beside a reference, and traffic of elsewhere to swap it for."""
    if home < REFERENCE + WINDOW or not away:
        halves, advice = "intent", "give more intents, or more rows of each"
        if domains is not None:
            halves, advice = "domain", "name the intents of the data in the file of domains, under two or more"
        raise InputError(
            f"{data}: {home} rows of every second {halves} are left as traffic, and {away} of the others;"
            f" the benchmark takes {REFERENCE + WINDOW} and 1 or more; {advice}"
        )


def _halves(intents: Sequence[str], domains: Mapping[str, Sequence[str]] | None) -> set[str]:
    """The intents of every second domain; every second intent where no domains are known."""
    if domains is None:
        return set(intents[::2])
    return {intent for domain in sorted(domains)[::2] for intent in domains[domain]} & set(intents)


def _seen(
    learner: Learner, encoder: CachedEncoder, rows: Sequence[LabelledText], progress: Callable[[int, int], None]
) -> Traffic:
    vectors = encoder.embed([row.text for row in rows], progress)
    probabilities = learner.model.probabilities(vectors)
    best = -np.sort(-probabilities, axis=1)[:, :5]
    guesses = probabilities.argmax(axis=1)
    said = np.array(learner.model.labels.intents)[guesses]
    wrong = said != np.array([row.intent for row in rows])
    unsure = best[:, 0] < learner.model.calibration.thresholds.answer
    chance = learner.model.outside(vectors)
    outside = unsure if chance is None else chance >= PROBABLY
    return Traffic(vectors, entropies(best.tolist()), unsure, outside, guesses, wrong)
