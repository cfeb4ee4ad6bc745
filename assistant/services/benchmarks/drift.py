"""How often the monitors are wrong on quiet traffic, and how soon they tell a change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import InputError
from assistant.learning.plans import UpdatePlan
from assistant.model.encoder import TextEncoder
from assistant.monitoring.drift import MONITORS, WINDOW, alarms, bands, lasting_scores
from assistant.monitoring.windows import Lens
from assistant.reading import read_whole
from assistant.services.benchmarks.drift_scene import REFERENCE, Progress, Rows, Scene, set_scene
from assistant.services.benchmarks.sides import dataset_name

ANY = "any"


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

    Each of `repeats` references has its share of the windows, and meets each change once, after quiet messages. A
    burst is a window's worth of messages that the version has no intent for, at any place. Raises InputError as
    `set_scene`.
    """
    if windows < repeats:
        raise InputError(f"--windows {windows}: give at least one for each of --repeats {repeats}")
    scene = set_scene(data, domains, encoder, cache, plan, seed, on_progress)
    changes, names = scene.changes(), [*MONITORS, ANY]
    false, bursts = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    delays: dict[str, dict[str, list[int | None]]] = {change: {name: [] for name in names} for change in changes}
    for number in range(repeats):
        on_progress("watching", number, repeats)
        watch = _Watch(scene, np.random.default_rng((seed, 1, number)))
        g, quiet = watch.generator, watch.quiet
        for name, found in watch.alarms(g.choice(quiet, WINDOW * (windows // repeats))).items():
            false[name] += len(found)
        for change, drawn in changes.items():
            offset = int(g.integers(WINDOW))
            for name, found in watch.alarms(np.concatenate([g.choice(quiet, offset), drawn(g)])).items():
                delays[change][name].append((found[0] + 1) * WINDOW - offset if found else None)
        offset = int(g.integers(WINDOW))
        quiets = g.choice(quiet, WINDOW + offset), g.choice(quiet, 3 * WINDOW - offset)
        burst = np.concatenate([quiets[0], g.choice(scene.unknown, WINDOW), quiets[1]])
        for name, found in watch.alarms(burst).items():
            bursts[name] += len(found)
    on_progress("watching", repeats, repeats)
    within = {
        change: {name: sum(d is not None and d <= 200 for d in tries) for name, tries in each.items()}
        for change, each in delays.items()
    }
    return {
        "dataset": dataset_name(data), "window": WINDOW, "reference": REFERENCE,
        "quiet_windows": windows // repeats * repeats, "repeats": repeats, "seed": seed, "false_alarms": false,
        "alarms_of_bursts": bursts, "delays": delays, "within_200": within,
    }  # fmt: skip


class _Watch:
    """The monitors with a reference of their own, drawn from quiet traffic; `quiet` is the rest of that."""

    def __init__(self, scene: Scene, generator: np.random.Generator) -> None:
        chosen = generator.permutation(scene.home)
        self.quiet, self.generator = chosen[REFERENCE:], generator
        self._traffic, self._lens = scene.traffic, Lens.fitted(scene.traffic.vectors[chosen[:REFERENCE]])
        self._reference = self._traffic.window(chosen[:REFERENCE], self._lens, np.zeros(0, dtype=bool), generator)
        self._usual = bands(self._reference)

    def alarms(self, stream: Rows) -> dict[str, list[int]]:
        """The windows of the stream at which each monitor raises an alarm, and those at which any does."""
        reference, usual = self._reference, self._usual
        outside: dict[str, list[bool]] = {name: [] for name in MONITORS}
        before, previous = reference.disputed, reference.taken(np.arange(len(reference))[-WINDOW:])
        for start in range(0, len(stream) - WINDOW + 1, WINDOW):
            window = self._traffic.window(stream[start : start + WINDOW], self._lens, before, self.generator)
            before = np.concatenate([before, window.disputed])
            for name, score in lasting_scores(reference, previous, window, usual).items():
                outside[name].append(not usual[name].low <= score <= usual[name].high)
            previous = window
        found = {name: alarms(each) for name, each in outside.items()}
        return found | {ANY: sorted({window for each in found.values() for window in each})}


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
        if odd := next((domain for domain, intents in found.items() if not isinstance(intents, list)), None):
            raise TypeError(f"{odd[:60]!r} holds no list")  # of a name alone each letter would be an intent
        return {str(domain): [str(intent) for intent in intents] for domain, intents in found.items()}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise InputError(f"{file}: is no JSON object of domains and their intents ({error})") from error
