"""How often the monitors are wrong on quiet traffic, and how soon they tell a change."""

from __future__ import annotations

import json
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
from assistant.monitoring.drift import MONITORS, WINDOW, alarms, bands, lasting_scores
from assistant.monitoring.monitors.base import Band
from assistant.monitoring.typos import misspelt_characters, misspelt_words
from assistant.monitoring.windows import Lens, Window, entropies
from assistant.reading import read_whole
from assistant.services.benchmarks.features import cached_features
from assistant.services.benchmarks.sides import read_sides
from assistant.services.watching.drift import PROBABLY

Progress = Callable[[str, int, int], None]
Rows = NDArray[np.int64]

TAUGHT = 50  # rows per intent that the version learns; the others are its traffic
REFERENCE = 600
MISSPELT = 300  # messages of each kind that are embedded afresh
SHIFTED = 320  # messages after a change
ANY = "any"


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


def run_drift(
    data: Path,
    domains: Mapping[str, Sequence[str]] | None,
    *,
    encoder: TextEncoder,
    cache: Path,
    plan: UpdatePlan,
    windows: int = 1000,
    repeats: int = 10,
    seed: int = 0,
    on_progress: Progress = lambda what, done, total: None,
) -> dict[str, Any]:
    """Figures for each monitor: false alarms in `windows` quiet windows, and delay in messages for each change.

    A version learns TAUGHT rows of each intent but every fifth; what it has not seen is its traffic. The reference
    and the quiet windows come from half of the domains (without `domains`: of the intents). A burst is a window's worth
    of messages that the version has no intent for, at any place. Test rows are not read.
    Raises InputError for data that has too few rows.
    """
    if windows < repeats:
        raise InputError(f"--windows {windows}: give at least one for each of --repeats {repeats}")
    rows = [row for row in read_sides(data) if row.split in ("train", "holdout", None)]
    generator = np.random.default_rng((seed, 0))
    taught, spare, unknown = _parts(rows, generator)
    if len(spare) < 3 * REFERENCE:
        raise InputError(f"{data}: {len(spare)} rows are left as traffic; the benchmark takes {3 * REFERENCE}")
    named = [LabelledText(r.text, r.intent) for r in rows]
    first = _halves(sorted({named[n].intent for n in taught}), domains)
    home = np.array([n for n in spare if named[n].intent in first])
    away = np.array([n for n in spare if named[n].intent not in first])
    _require_both(data, len(home), len(away), domains)
    features = cached_features(
        encoder, [r.text for r in rows], cache, str(data.resolve()), lambda d, t: on_progress("embedding", d, t)
    )
    on_progress("learning", 0, 1)
    learner = update(
        Learner.untrained(features, plan), [named[n] for n in taught], plan, holdout=[named[n] for n in spare[:1000]]
    )
    on_progress("learning", 1, 1)

    typed = {
        name: [
            LabelledText(spoilt(named[n].text, 0.2, generator), named[n].intent)
            for n in generator.choice(home, MISSPELT)
        ]
        for name, spoilt in (("typos_characters", misspelt_characters), ("typos_words", misspelt_words))
    }
    every = [*named, *(row for kind in typed.values() for row in kind)]
    traffic = _seen(learner, features, every, lambda d, t: on_progress("embedding typos", d, t))
    places = {name: len(named) + MISSPELT * number + np.arange(MISSPELT) for number, name in enumerate(typed)}
    rising = sorted({named[n].intent for n in home})[:5]  # an intent whose rows are all learned has no traffic
    season = [n for n in home if named[n].intent in rising]

    shifts: dict[str, Callable[[np.random.Generator], Rows]] = {
        "domain_swap": lambda g: g.choice(away, SHIFTED),
        "new_intents": lambda g: np.where(g.random(SHIFTED) < 0.5, g.choice(unknown, SHIFTED), g.choice(home, SHIFTED)),
        "typos_characters": lambda g: g.choice(places["typos_characters"], SHIFTED),
        "typos_words": lambda g: g.choice(places["typos_words"], SHIFTED),
        "season": lambda g: np.where(g.random(SHIFTED) < 0.5, g.choice(season, SHIFTED), g.choice(home, SHIFTED)),
    }
    false = dict.fromkeys([*MONITORS, ANY], 0)
    delays: dict[str, dict[str, list[int | None]]] = {s: {m: [] for m in [*MONITORS, ANY]} for s in shifts}
    bursts = dict.fromkeys([*MONITORS, ANY], 0)
    for number in range(repeats):
        on_progress("watching", number, repeats)
        g = np.random.default_rng((seed, 1, number))
        chosen = g.permutation(home)
        quiet = chosen[REFERENCE:]
        lens = Lens.fitted(traffic.vectors[chosen[:REFERENCE]])
        reference = traffic.window(chosen[:REFERENCE], lens, np.zeros(0, dtype=bool), g)
        usual = bands(reference)

        def raised(stream: Rows) -> dict[str, list[int]]:
            found = _raised(stream, traffic, lens, reference, usual, g)  # noqa: B023 - called at once
            return found | {ANY: sorted({window for each in found.values() for window in each})}

        for name, found in raised(g.choice(quiet, WINDOW * (windows // repeats))).items():
            false[name] += len(found)
        for shift, drawn in shifts.items():
            offset = int(g.integers(WINDOW))
            for name, found in raised(np.concatenate([g.choice(quiet, offset), drawn(g)])).items():
                delays[shift][name].append((found[0] + 1) * WINDOW - offset if found else None)
        offset = int(g.integers(WINDOW))
        quiets = g.choice(quiet, WINDOW + offset), g.choice(quiet, 3 * WINDOW - offset)
        burst = np.concatenate([quiets[0], g.choice(unknown, WINDOW), quiets[1]])
        for name, found in raised(burst).items():
            bursts[name] += len(found)
    on_progress("watching", repeats, repeats)
    within = {
        shift: {name: sum(d is not None and d <= 200 for d in tries) for name, tries in each.items()}
        for shift, each in delays.items()
    }
    return {
        "dataset": "/".join(data.resolve().parts[-2:]), "window": WINDOW, "reference": REFERENCE,
        "quiet_windows": windows // repeats * repeats, "repeats": repeats, "seed": seed, "false_alarms": false,
        "alarms_of_bursts": bursts, "delays": delays,
        "within_200": within,
    }  # fmt: skip


def as_markdown(figures: Mapping[str, Any]) -> str:
    """The figures as a table: false alarms, then of how many repeats each change was told within 200 messages."""
    shifts = list(figures["delays"])
    lines = [
        f"{figures['dataset']}: windows of {figures['window']} messages, {figures['repeats']} references of"
        f" {figures['reference']}; alarms of as many one-window bursts: {figures['alarms_of_bursts'][ANY]}",
        "", f"| monitor | false alarms in {figures['quiet_windows']} windows | " + " | ".join(shifts) + " |",
        "|---|---:|" + "---:|" * len(shifts),
    ]  # fmt: skip
    for name, count in figures["false_alarms"].items():
        cells = []
        for shift in shifts:
            told = [d for d in figures["delays"][shift][name] if d is not None]
            within = figures["within_200"][shift][name]
            cells.append(f"{within}/{figures['repeats']}" + (f" ({np.mean(told):.0f})" if told else ""))
        lines.append(f"| {name} | {count} | " + " | ".join(cells) + " |")
    return "\n".join(
        [*lines, "", "Told within 200 messages, of so many tries; in brackets the mean delay in messages."]
    )


def read_domains(file: Path) -> dict[str, list[str]]:
    """Domains and their intents. Raises InputError for anything else than a JSON object of lists of names."""
    try:
        found = json.loads(read_whole(file))
        return {str(domain): [str(intent) for intent in intents] for domain, intents in found.items()}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise InputError(f"{file}: is no JSON object of domains and their intents ({error})") from error


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


def _raised(
    stream: Rows,
    traffic: Traffic,
    lens: Lens,
    reference: Window,
    usual: Mapping[str, Band],
    generator: np.random.Generator,
) -> dict[str, list[int]]:
    """The windows of the stream at which each monitor raises an alarm."""
    outside: dict[str, list[bool]] = {name: [] for name in MONITORS}
    before, previous = reference.disputed, reference.taken(np.arange(len(reference))[-WINDOW:])
    for start in range(0, len(stream) - WINDOW + 1, WINDOW):
        window = traffic.window(stream[start : start + WINDOW], lens, before, generator)
        before = np.concatenate([before, window.disputed])
        for name, score in lasting_scores(reference, previous, window, usual).items():
            outside[name].append(not usual[name].low <= score <= usual[name].high)
        previous = window
    return {name: alarms(each) for name, each in outside.items()}
