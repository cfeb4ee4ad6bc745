"""What a learned version makes of messages that have none of its intents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from assistant.counting import counted
from assistant.errors import InputError
from assistant.evaluation.doubting import Confidences, Figures, judged
from assistant.evaluation.nights import LARGEST_SEED, sessions_of
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, update
from assistant.model.encoder import CachedEncoder, TextEncoder
from assistant.services.benchmarks.features import cached_features
from assistant.services.benchmarks.oos_rows import Rows, parted, read_parts
from assistant.services.benchmarks.sides import dataset_name, of_intents
from assistant.services.runs.judging import no_doubt

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Night:
    """After one update: how many intents are known, and how a version that learned all of them at once compares."""

    intents: int
    auroc: float
    fresh_auroc: float


@dataclass(frozen=True)
class SeedOutcome:
    seed: int
    figures: Figures
    confidences: Confidences
    nights: tuple[Night, ...] = ()

    @property
    def below_fresh(self) -> float:
        """How far the AUROC of any night is below that of a version that learned all at once, at most; 0 for none."""
        return max((night.fresh_auroc - night.auroc for night in self.nights), default=0.0)


@dataclass(frozen=True)
class OosResult:
    """`hidden` is the share of intents that were never learned, None where the data has rows out of scope."""

    dataset: str
    encoder: str
    judged: str
    hidden: float | None
    seeds: tuple[SeedOutcome, ...]

    def mean(self) -> dict[str, float | None]:
        """Each figure's mean over the seeds."""
        means: dict[str, float | None] = {}
        for field in fields(Figures):
            values = [getattr(one.figures, field.name) for one in self.seeds]
            known = [value for value in values if value is not None]
            means[field.name] = fmean(known) if known else None
        return means

    def as_json(self) -> dict[str, Any]:
        """`{"auroc", "fpr95", "in_scope_accuracy", "oos_recall", "ece", …}`: means, then the figures of each seed."""
        each = [
            {
                "seed": one.seed,
                **asdict(one.figures),
                **({"nights": [asdict(n) for n in one.nights], "below_fresh": one.below_fresh} if one.nights else {}),
            }
            for one in self.seeds
        ]
        return {
            **self.mean(), "dataset": self.dataset, "encoder": self.encoder, "judged": self.judged,
            "hidden": self.hidden, "seeds": each,
        }  # fmt: skip

    def as_markdown(self) -> str:
        """A row per seed, percent; then a row per night."""
        names = [field.name for field in fields(Figures)]
        lines = [f"{self.dataset}, encoder {self.encoder}, judged on {self.judged}", ""]
        lines += ["| seed | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
        rows: list[tuple[str, dict[str, float | None]]] = [(str(one.seed), asdict(one.figures)) for one in self.seeds]
        for title, values in [*rows, ("mean", self.mean())] if len(rows) > 1 else rows:
            lines.append(f"| {title} | " + " | ".join(_shown(name, values[name]) for name in names) + " |")
        for one in self.seeds:
            if one.nights:
                lines += ["", f"| intents (seed {one.seed}) | auroc % | fresh auroc % |", "|---|---:|---:|"]
                lines += [f"| {n.intents} | {100 * n.auroc:.2f} | {100 * n.fresh_auroc:.2f} |" for n in one.nights]
                lines += [
                    "",
                    f"At most {100 * max(0.0, one.below_fresh):.2f} below a version that learned all at once.",
                ]
        return "\n".join(lines) + "\n"


def run_oos(
    data: Path,
    test: Path | None,
    *,
    plan: UpdatePlan,
    encoder: TextEncoder,
    cache: Path,
    seeds: Sequence[int],
    judged_split: str = "test",
    hidden: float | None = None,
    nights: tuple[int, int] | None = None,
    labelled: bool = False,
    on_progress: Progress | None = None,
) -> OosResult:
    """Learns the train rows by `plan`, calibrates on rows of their own, and judges on yet others.

    `hidden` leaves this share of the intents out, and takes their judged rows as out of scope; it is 0.25 where the
    data has no such rows. `nights` is the number of base intents and of those of each later night. `labelled` fits on
    the data's rows of split oos_train too. Raises InputError before any work for what cannot be run.
    """
    if not seeds or len(set(seeds)) != len(seeds) or not all(0 <= seed <= LARGEST_SEED for seed in seeds):
        raise InputError(f"--seeds {list(seeds)}: give one or more different integers from 0 to {LARGEST_SEED}")
    parts = read_parts(data, test, judged_split)
    if hidden is None and not parts.outside:
        hidden = 0.25
    if labelled and not parts.labelled:
        raise InputError(f"--labelled: {data} has no row of split 'oos_train'; leave the option out")
    drawn = [parted(parts, seed, hidden) for seed in seeds]
    sessions = [_sessions(rows, nights, seed) for rows, seed in zip(drawn, seeds, strict=True)]
    features = cached_features(
        encoder, parts.texts(), cache, str(data.resolve()), partial(on_progress, "embedding") if on_progress else None
    )
    outcomes = []
    for seed, rows, brought in zip(seeds, drawn, sessions, strict=True):
        stage = partial(on_progress, f"learning, seed {seed}") if on_progress else None
        outcomes.append(_outcome(rows, seed, plan, features, brought, stage, rows.labelled if labelled else ()))
    return OosResult(dataset_name(data), encoder.name, judged_split, hidden, tuple(outcomes))


def _outcome(
    rows: Rows,
    seed: int,
    plan: UpdatePlan,
    encoder: CachedEncoder,
    sessions: Sequence[Sequence[str]],
    progress: Callable[[int, int], None] | None,
    labelled: Sequence[str],
) -> SeedOutcome:
    outside = encoder.embed(rows.outside)
    learner, known, seen = Learner.untrained(encoder, plan), set[str](), list[Night]()
    if progress:
        progress(0, len(sessions))
    for number, brought in enumerate(sessions):
        known |= set(brought)
        holdout, inside = of_intents(rows.calibrating, known), of_intents(rows.judged, known)
        learner = update(learner, of_intents(rows.train, set(brought)), plan, holdout=holdout, outside=labelled)
        if why := no_doubt(learner.model, holdout):
            hint = "; begin --nights with more intents" if len(sessions) > 1 else ""
            raise InputError(f"seed {seed}, {counted(len(known), 'intent')} learned: {why}{hint}")
        if number:
            fresh = update(
                Learner.untrained(encoder, plan), of_intents(rows.train, known), plan, holdout=holdout, outside=labelled
            )
            pair = (judged(one, inside, outside)[0].auroc for one in (learner, fresh))
            seen.append(Night(len(known), *pair))
        if progress:
            progress(number + 1, len(sessions))
    return SeedOutcome(seed, *judged(learner, rows.judged, outside), tuple(seen))


def _sessions(rows: Rows, nights: tuple[int, int] | None, seed: int) -> list[list[str]]:
    names = sorted({row.intent for row in rows.train})
    return sessions_of(names, *nights, seed) if nights else [names]


def _shown(name: str, value: float | None) -> str:
    if value is None or np.isnan(value):
        return "–"
    return f"{value:.2f}" if name == "set_size" else f"{100 * value:.2f}"
