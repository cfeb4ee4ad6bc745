"""What an update costs as old intents grow, in seconds and memory, on features drawn at random."""

from __future__ import annotations

import multiprocessing
import re
import resource
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from assistant.domain import LabelledText, LabelSet
from assistant.errors import AssistantError, InputError
from assistant.learning.allocation import give_back_what_is_freed
from assistant.learning.memory import ExemplarMemory
from assistant.learning.plans import UpdatePlan
from assistant.learning.regularizers.statistics import Statistics
from assistant.learning.update import Learner, update
from assistant.model.encoder import Progress, Vectors
from assistant.model.head import extend_rows, place

SUBSPACE = 64  # directions in which synthetic intents differ
CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Size:
    """One update: so many `intents` known, so many `new` ones with `rows` each, `exemplars` kept per intent."""

    intents: int
    exemplars: int = 20
    new: int = 10
    rows: int = 100
    dimension: int = 1152


@dataclass(frozen=True, slots=True)
class UpdateCost:
    """Wall-clock and processor seconds of one `update()`, MiB of the process before and at its peak; `accuracy` on
    rows of new intents that it did not see, to show that something was learned."""

    size: Size
    seconds: float
    cpu_seconds: float
    before_mib: float
    peak_mib: float
    accuracy: float


class SyntheticEncoder:
    """Unit vectors for texts `intent number`: a centre for each intent, and noise that overlaps with its neighbours."""

    def __init__(self, intents: int, dimension: int) -> None:
        self.name, self.fingerprint, self.dimension = "synthetic", f"synthetic-{intents}-{dimension}", dimension
        draw = np.random.default_rng(0)
        self._basis = draw.standard_normal((min(SUBSPACE, dimension), dimension)) / dimension**0.5
        centres = draw.standard_normal((intents, len(self._basis))) @ self._basis
        self._centres = (draw.standard_normal(dimension) / dimension**0.5 * 4 + centres).astype(np.float32)

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        pairs = [tuple(int(part) for part in text.split()) for text in texts]
        return self.around([intent for intent, _ in pairs], [number for _, number in pairs])

    def around(self, intents: Sequence[int], seed: Sequence[int]) -> Vectors:
        """One row near the centre of each of `intents`. Shape: (len(intents), dimension)."""
        draw = np.random.default_rng(list(seed))
        inside = draw.standard_normal((len(intents), len(self._basis))) @ self._basis
        rows = self._centres[list(intents)] + np.float32(0.8) * inside.astype(np.float32)
        rows += draw.standard_normal(rows.shape, dtype=np.float32) * np.float32(2 / self.dimension**0.5)
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def update_costs(
    sizes: Sequence[Size], plan: UpdatePlan, progress: Callable[[str, int, int], None] | None = None
) -> list[UpdateCost]:
    """Each size in a process of its own, so that no peak of memory hides in another's.

    Raises InputError for a size that is none, AssistantError for one that the machine's memory does not hold.
    """
    for size in sizes:
        if min(asdict(size).values()) < 1:
            raise InputError(
                f"an update with {size.intents} intents, {size.exemplars} exemplars of each, {size.new} new ones,"
                f" {size.rows} rows of each and {size.dimension} dimensions; every number must be 1 or more"
            )
    spawned = multiprocessing.get_context("spawn")
    costs = []
    for number, size in enumerate(sizes):
        if progress:
            progress("updating", number, len(sizes))
        try:
            with ProcessPoolExecutor(1, mp_context=spawned) as pool:
                costs.append(pool.submit(update_cost, size, plan).result())
        except (BrokenProcessPool, MemoryError) as error:  # the former when the system ends it for want of memory
            raise AssistantError(
                f"the update of {size.intents:,} old intents ended without a result, as it does for want of memory"
                f" ({error}); give fewer or smaller ones with --intents, --exemplars and --dimension"
            ) from error
    if progress:
        progress("updating", len(sizes), len(sizes))
    return costs


def update_cost(size: Size, plan: UpdatePlan) -> UpdateCost:
    """The cost of one update by `plan` on a learner of this size, in a process like that of `assistant retrain`."""
    give_back_what_is_freed()
    known = range(size.intents, size.intents + size.new)
    encoder = SyntheticEncoder(size.intents + size.new, size.dimension)
    warm = SyntheticEncoder(2, size.dimension)  # the libraries load with the first update
    update(Learner.untrained(warm, plan), [LabelledText(f"{i} {n}", str(i)) for i in (0, 1) for n in range(4)], plan)
    previous = grown_up(encoder, size, plan)
    new = [LabelledText(f"{intent} {number}", str(intent)) for intent in known for number in range(size.rows)]
    vectors = encoder.embed([row.text for row in new])
    given = _Given(encoder, dict(zip((row.text for row in new), vectors, strict=True)))
    previous = replace(previous, model=replace(previous.model, encoder=given))
    before = _reset_peak()
    clock, cpu = perf_counter(), process_time()
    learner = update(previous, new, plan)
    seconds, cpu_seconds = perf_counter() - clock, process_time() - cpu
    peak = max(before, peak_mib())  # the system counts in batches
    judged = [intent for intent in known for _ in range(20)]
    right = learner.model.accuracy_rows(encoder.around(judged, [7]), [str(intent) for intent in judged])
    return UpdateCost(size, seconds, cpu_seconds, before, peak, float(right.mean()))


def grown_up(encoder: SyntheticEncoder, size: Size, plan: UpdatePlan) -> Learner:
    """A learner that knows `size.intents` intents, without the hours of learning them: sums and their solution."""
    learner = Learner.untrained(encoder, plan)
    names = tuple(str(intent) for intent in range(size.intents))
    owner = np.repeat(np.arange(size.intents), size.exemplars)
    vectors = np.empty((len(owner), size.dimension), dtype=np.float32)
    head = learner.model.head
    head.out_proj = extend_rows(head.out_proj, size.intents)
    sums = Statistics.empty(plan.hidden, size.intents)
    for start in range(0, len(owner), CHUNK):
        rows = owner[start : start + CHUNK]
        vectors[start : start + CHUNK] = encoder.around(rows.tolist(), [1, start])
        some = torch.from_numpy(vectors[start : start + CHUNK][:: max(1, size.exemplars // 2)])
        sums = sums.plus(head.hidden(some), torch.from_numpy(rows[:: max(1, size.exemplars // 2)]))
    place(head, 10 * sums.solution(0.01))
    head.requires_grad_(False)
    texts = tuple(f"{intent} {place}" for intent in names for place in range(size.exemplars))
    intents = tuple(intent for intent in names for _ in range(size.exemplars))
    memory = ExemplarMemory(texts, intents, vectors, dict.fromkeys(names, size.rows))
    carried = {**sums.state(), "ridge": torch.tensor(0.01)}
    return Learner(replace(learner.model, labels=LabelSet(names)), memory, carried)


@dataclass(frozen=True)
class _Given:
    """An encoder whose embeddings are there already, as in a night they are before the update's clock starts."""

    encoder: SyntheticEncoder
    known: dict[str, NDArray[np.float32]]

    @property
    def name(self) -> str:
        return self.encoder.name

    @property
    def fingerprint(self) -> str:
        return self.encoder.fingerprint

    @property
    def dimension(self) -> int:
        return self.encoder.dimension

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        return np.stack([self.known[text] for text in texts])


def peak_mib() -> float:
    """The most memory this process held, in MiB."""
    with suppress(OSError, AttributeError):
        return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _reset_peak() -> float:
    """Starts the peak anew where the system can (Linux), and returns what is held now, in MiB."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return peak_mib()


def as_json(costs: Sequence[UpdateCost]) -> list[dict[str, Any]]:
    return [asdict(cost) for cost in costs]


def as_markdown(costs: Sequence[UpdateCost]) -> str:
    """A table; the ratios are to its first row."""
    lines = ["| old intents | exemplars | seconds | ratio | processor s | ratio | MiB before | MiB at most | new % |"]
    lines += ["|---:|---:|---:|---:|---:|---:|---:|---:|---:|"]
    first = costs[0]
    for cost in costs:
        lines.append(
            f"| {cost.size.intents:,} | {cost.size.intents * cost.size.exemplars:,} | {cost.seconds:.2f}"
            f" | {cost.seconds / first.seconds:.2f} | {cost.cpu_seconds:.2f}"
            f" | {cost.cpu_seconds / first.cpu_seconds:.2f} | {cost.before_mib:.0f} | {cost.peak_mib:.0f}"
            f" | {100 * cost.accuracy:.1f} |"
        )
    return "\n".join(lines)
