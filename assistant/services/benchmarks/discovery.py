"""The discovery benchmark: some intents are hidden, and have to be found among messages of the known ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from assistant.counting import percentage
from assistant.domain import LabelledText
from assistant.evaluation.discovery_scores import LEFT, DiscoveryScores, discovery_scores
from assistant.evaluation.nights import require_seeds
from assistant.learning.plans import PLANS
from assistant.learning.update import Learner, update
from assistant.model.encoder import CachedEncoder, TextEncoder
from assistant.monitoring.discovery import DISCOVERERS
from assistant.monitoring.proposals import IntentDiscoverer
from assistant.services.benchmarks.features import cached_features
from assistant.services.benchmarks.sides import dataset_name, hidden_count, learned_ones
from assistant.services.benchmarks.streams import bench_rows
from assistant.services.watching import remembered
from assistant.strategies import Spec, build

Progress = Callable[[str, int, int], None]  # what is being done, done, in all


@dataclass(frozen=True)
class SeedDiscovery:
    """What one seed gave; `seconds` is the discoverer's time, embeddings given."""

    seed: int
    hidden: int
    proposals: int
    seconds: float
    scores: DiscoveryScores

    def as_json(self) -> dict[str, Any]:
        return {
            "seed": self.seed, "hidden": self.hidden, "proposals": self.proposals, "seconds": round(self.seconds, 2),
            **self.scores.as_json(),
        }  # fmt: skip


@dataclass(frozen=True)
class DiscoveryResult:
    """One run over all seeds."""

    dataset: str
    discoverer: str
    share: float
    seeds: tuple[SeedDiscovery, ...]

    def as_json(self) -> dict[str, Any]:
        rows = [seed.scores.as_json() for seed in self.seeds]
        return {
            "dataset": self.dataset, "discoverer": self.discoverer, "hidden": self.share,
            "seeds": [seed.as_json() for seed in self.seeds],
            "mean": {name: float(np.mean([row[name] for row in rows])) for name in rows[0]},
        }  # fmt: skip

    def as_markdown(self) -> str:
        names = {"nmi": "NMI", "ari": "ARI", "accuracy": "accuracy", "known_wrongly_proposed": "known proposed"}
        document = self.as_json()
        lines = [
            f"{self.dataset}, {percentage(self.share)} of the intents hidden, {self.discoverer}; percent",
            "",
            f"| seed | {' | '.join(names.values())} | intents | proposals |",
            "|---|---:|---:|---:|---:|---:|---:|",
        ]
        for row in document["seeds"]:
            figures = " | ".join(f"{100 * row[name]:.1f}" for name in names)
            lines.append(f"| {row['seed']} | {figures} | {row['hidden']} | {row['proposals']} |")
        mean = " | ".join(f"{100 * document['mean'][name]:.1f}" for name in names)
        return "\n".join([*lines, f"| mean | {mean} | | {100 * document['mean']['k_error']:.1f} % off |"]) + "\n"


def run_discovery(
    data: Path | str,
    test: Path | str | None,
    *,
    share: float,
    seeds: Sequence[int],
    encoder: TextEncoder,
    cache: Path | str,
    discoverer: Spec,
    judged: str = "test",
    progress: Progress | None = None,
) -> DiscoveryResult:
    """Hides int(`share` · intents) of the intents, drawn by RandomState(seed) from their sorted names.

    The nightly update (default plan) learns the train rows of the others; of those the discoverer sees the exemplars
    that the version keeps. It is given, unlabelled, the hidden intents' train rows and the known intents' rows of
    split `judged`. Rows are taken as `run_stream` takes them. Raises InputError or UnknownStrategyError before any
    work.
    """
    finder = build(DISCOVERERS, discoverer)
    data = Path(data)
    train, judging = bench_rows(data, Path(test) if test else None, judged)
    judging = learned_ones(train, judging)
    intents = sorted({row.intent for row in train})
    count = hidden_count(len(intents), share)
    require_seeds(seeds)
    features = cached_features(
        encoder,
        [row.text for row in (*train, *judging)],
        Path(cache),
        str(data.resolve()),
        (lambda done, total: progress("embedding", done, total)) if progress else None,
    )
    results = []
    if progress:
        progress("discovering", 0, len(seeds))
    for number, seed in enumerate(seeds):
        hidden = set(np.random.RandomState(seed).permutation(intents)[:count].tolist())
        results.append(_run(train, judging, hidden, seed, features, finder))
        if progress:
            progress("discovering", number + 1, len(seeds))
    return DiscoveryResult(dataset_name(data), discoverer.name, share, tuple(results))


def _run(
    train: Sequence[LabelledText],
    judging: Sequence[LabelledText],
    hidden: set[str],
    seed: int,
    encoder: CachedEncoder,
    finder: IntentDiscoverer,
) -> SeedDiscovery:
    plan = replace(PLANS["default"], seed=seed)
    learner = update(Learner.untrained(encoder, plan), [row for row in train if row.intent not in hidden], plan)
    known = remembered.known_intents(learner)
    pool = [row for row in train if row.intent in hidden] + [row for row in judging if row.intent in set(known.intents)]
    texts = [row.text for row in pool]
    vectors = encoder.embed(texts)
    strangeness = learner.model.strangeness(vectors)
    started = perf_counter()
    proposals = finder.propose(texts, vectors, known, strangeness)
    seconds = perf_counter() - started
    groups = np.full(len(pool), LEFT, dtype=np.int64)
    for number, proposal in enumerate(proposals):
        groups[list(proposal.members)] = number
    scores = discovery_scores([row.intent for row in pool], [row.intent in hidden for row in pool], groups)
    return SeedDiscovery(seed, len(hidden), len(proposals), seconds, scores)
