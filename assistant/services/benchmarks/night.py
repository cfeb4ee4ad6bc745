"""One night from raw text beside starting over: what is saved by learning only what is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from assistant.domain import LabelledText
from assistant.errors import InputError
from assistant.evaluation.report import Comparison, report
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, update
from assistant.model.encoder import CachedEncoder, TextEncoder
from assistant.services.benchmarks.sides import read_sides

ROWS = 1000


@dataclass(frozen=True, slots=True)
class Night:
    """Seconds of a night (encoding included) that brings `rows` rows to `old_rows` ones, and of starting over."""

    rows: int
    old_rows: int
    encoding_seconds: float
    night_seconds: float
    again_encoding_seconds: float
    again_seconds: float
    accuracy: float
    again_accuracy: float

    @property
    def ratio(self) -> float:
        return self.night_seconds / self.again_seconds

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio}

    def as_markdown(self) -> str:
        return (
            "| | rows encoded | encoding s | in all s | share % | accuracy % |\n|---|---:|---:|---:|---:|---:|\n"
            f"| the night | {self.rows:,} | {self.encoding_seconds:.1f} | {self.night_seconds:.1f}"
            f" | {100 * self.ratio:.1f} | {100 * self.accuracy:.2f} |\n"
            f"| starting over | {self.rows + self.old_rows:,} | {self.again_encoding_seconds:.1f}"
            f" | {self.again_seconds:.1f} | 100 | {100 * self.again_accuracy:.2f} |"
        )


@dataclass(frozen=True, slots=True)
class Arriving:
    """Rows that are `known` before a night, those that arrive in it, and those that judge."""

    known: list[LabelledText]
    new: list[LabelledText]
    holdout: list[LabelledText]


def read_night(data: Path, rows: int = ROWS) -> Arriving:
    """The last intents of `data` with up to `rows` rows arrive, at least one; all others are known before.

    Raises InputError for data that has no train rows beyond those, or no holdout rows.
    """
    read = read_sides(data)
    train = [LabelledText(row.text, row.intent) for row in read if row.split == "train"]
    holdout = [LabelledText(row.text, row.intent) for row in read if row.split == "holdout"]
    new, old = _split(train, rows)
    if not new or not old or not holdout:
        raise InputError(
            f"{data}: of its {len(train)} rows of split 'train' {len(old)} are left for before the night, which brings"
            f" up to {rows:,}, and {len(holdout)} rows of split 'holdout' judge; give more rows to train on, of two"
            " intents or more, and some to judge"
        )
    return Arriving(old, new, holdout)


def run_night(
    arriving: Arriving,
    encoder: TextEncoder,
    plan: UpdatePlan,
    progress: Callable[[str, int, int], None] | None = None,
) -> Night:
    """A night encodes, updates, selects, calibrates on the `holdout` rows and judges before and after on them; starting
    over does the same with every row and an empty memory. The embeddings of holdout rows are there on both sides."""
    report_to = progress or (lambda what, done, total: None)
    new, old, holdout = arriving.new, arriving.known, arriving.holdout
    train = [*old, *new]
    known = CachedEncoder(encoder)
    known.embed([row.text for row in holdout], partial(report_to, "encoding the holdout"))
    clock = perf_counter()
    known.embed([row.text for row in train], partial(report_to, "encoding everything"))
    encoding_all = perf_counter() - clock
    again = update(Learner.untrained(known, plan), train, plan, holdout=holdout)
    again_report = report(again.model, holdout)
    starting_over = perf_counter() - clock

    fewer = {row.intent for row in old}
    previous = update(Learner.untrained(known, plan), old, plan, holdout=[r for r in holdout if r.intent in fewer])
    clock = perf_counter()
    encoder.embed([row.text for row in new], partial(report_to, "encoding the night"))
    encoding = perf_counter() - clock
    learner = update(previous, new, plan, holdout=holdout)
    compared = Comparison(report(previous.model, holdout), report(learner.model, holdout))
    night = perf_counter() - clock
    everything = frozenset(learner.model.labels)
    return Night(
        len(new), len(old), encoding, night, encoding_all, starting_over,
        compared.after.accuracy(everything) or 0.0, again_report.accuracy(everything) or 0.0,
    )  # fmt: skip


def _split(train: list[LabelledText], rows: int) -> tuple[list[LabelledText], list[LabelledText]]:
    """The rows of the last intents by name, as many as fit into `rows` but at least one, and those of all others."""
    counts: dict[str, int] = {}
    for row in train:
        counts[row.intent] = counts.get(row.intent, 0) + 1
    arriving: set[str] = set()
    for intent in sorted(counts, reverse=True):
        if arriving and sum(counts[name] for name in arriving) + counts[intent] > rows:
            break
        arriving.add(intent)
    return [r for r in train if r.intent in arriving], [r for r in train if r.intent not in arriving]
