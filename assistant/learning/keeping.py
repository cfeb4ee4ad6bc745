"""What a memory holds after an update, and what it rehearses in the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from assistant.learning.gaussians import drawn, with_rows
from assistant.learning.memory import ExemplarMemory
from assistant.learning.selection import Candidates, ExemplarSelector
from assistant.model.classifier import IntentClassifier
from assistant.model.encoder import Vectors

# Squared distance, as a share of the spread of all rows, below which two texts of one intent are one: they differ in
# what the encoder does not see, such as case. Cosines would not do, as some encoders put all texts close together.
SAME = 1e-4
AT_ONCE = 512  # rows whose losses are computed at a time: of many intents each has many logits


@dataclass(frozen=True)
class Keeping:
    """What a memory is to hold: the exemplars `chosen`, and those of `memory` with the numbers `staying`.

    Two parts, since a copy of all vectors is most of what an update holds, and is better made last.
    """

    chosen: ExemplarMemory
    memory: ExemplarMemory
    staying: Sequence[int]

    def joined(self, near: Collection[str] | None = None) -> ExemplarMemory:
        """Both parts as one memory; of the staying exemplars only those of the intents `near`, None for all."""
        first, second = self.chosen, self.memory
        rows = [row for row in self.staying if near is None or second.intents[row] in near]
        vectors = np.empty((len(first) + len(rows), first.dimension), dtype=np.float16)
        vectors[: len(first)] = first.stored
        np.take(second.stored, np.array(rows, dtype=np.int64), axis=0, out=vectors[len(first) :], mode="clip")
        return replace(
            first,
            texts=first.texts + tuple(second.texts[row] for row in rows),
            intents=first.intents + tuple(second.intents[row] for row in rows),
            stored=vectors,
        )


def keeping(
    model: IntentClassifier,
    new: ExemplarMemory,
    memory: ExemplarMemory,
    selector: ExemplarSelector,
    budget: int,
    near: Collection[str] | None = None,
) -> Keeping:
    """At most `budget` exemplars of each intent out of `new` and `memory`, the most valuable first; or Gaussians of
    both, for a selector that may keep no row. `model` is the one that has learned `new`.

    Of rows of one intent that are as good as equal one is kept and counted: the exemplar, or the first new one.
    What an intent keeps stays as it is until new rows come, and is not copied to choose from. `near` names the
    intents whose rows a choice is compared with; None are all.
    """
    there = Counter(memory.intents)
    choosing = set(new.intents) | {intent for intent, count in there.items() if count > budget}
    if not selector.keeps_rows:
        choosing, near = choosing | set(there), None
    pool = memory
    if near is not None:
        pool = memory.taken([row for row, intent in enumerate(memory.intents) if intent in near or intent in choosing])
    rows = new.joined(pool)
    names, vectors, losses = np.array(rows.intents), rows.vectors, _losses(model, rows)
    least = SAME * float(vectors.var(axis=0).sum()) if len(rows) else 0.0
    arrived = {intent: max(memory.arrived.get(intent, 0), there[intent]) for intent in (*memory.arrived, *there)}
    kept = list[int]()
    for intent in (intent for intent in dict.fromkeys(rows.intents) if intent in choosing):
        own = _distinct(vectors, np.flatnonzero(names == intent), len(new), least)
        fresh = own < len(new)
        seen = max(arrived.get(intent, 0), int((~fresh).sum()))
        kept += own[selector.select(Candidates(vectors, own, losses[own], fresh, seen), budget)].tolist()
        arrived[intent] = seen + int(fresh.sum())
    gaussians = memory.gaussians
    if not selector.keeps_rows:
        gaussians = with_rows(gaussians or {}, rows.intents, vectors)
    staying = [row for row, intent in enumerate(memory.intents) if intent not in choosing]
    return Keeping(replace(rows.taken(kept), arrived=arrived, gaussians=gaussians), memory, staying)


def forgotten(memory: ExemplarMemory, rows: Sequence[int] | NDArray[np.int64]) -> ExemplarMemory:
    """The memory as if these exemplars had never come; what Gaussians have of them stays."""
    leaving = set(np.asarray(rows, dtype=np.int64).tolist())
    if not leaving:
        return memory
    gone = Counter(memory.intents[row] for row in leaving)
    kept = memory.taken([row for row in range(len(memory)) if row not in leaving])
    arrived = {intent: max(0, count - gone[intent]) for intent, count in memory.arrived.items()}
    return ExemplarMemory(kept.texts, kept.intents, kept.stored, arrived, memory.gaussians)


def rehearsed(
    memory: ExemplarMemory, budget: int, seed: Sequence[int], near: Collection[str] | None = None
) -> tuple[tuple[str, ...], Vectors]:
    """Intents and embeddings to rehearse: the exemplars, and what stands for the rows that were not kept, drawn from
    the intent's Gaussian: up to `budget` in all, and no more than there were rows.

    Only of the intents that `near` names; None are all. Shape of the embeddings: (rows, dimension).
    """
    if near is not None:
        memory = memory.taken([row for row, intent in enumerate(memory.intents) if intent in near])
    if not memory.gaussians:
        return memory.intents, memory.vectors
    there = Counter(memory.intents)
    wanted = {
        intent: min(budget, gaussian.count) - there[intent]
        for intent, gaussian in memory.gaussians.items()
        if near is None or intent in near
    }
    intents, vectors = drawn(memory.gaussians, wanted, seed)
    return memory.intents + intents, np.concatenate([memory.vectors, vectors.reshape(-1, memory.dimension)])


def _losses(model: IntentClassifier, rows: ExemplarMemory) -> NDArray[np.float64]:
    """The cross-entropy of each row. Shape: (rows,)."""
    row_of = {intent: row for row, intent in enumerate(model.labels)}
    targets = torch.tensor([row_of[intent] for intent in rows.intents], dtype=torch.int64)
    losses = np.empty(len(rows))
    for start in range(0, len(rows), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        logits = model.logits(rows.stored[some].astype(np.float32)).double()
        losses[some] = functional.cross_entropy(logits, targets[some], reduction="none").numpy()
    return losses


def _distinct(vectors: Vectors, rows: NDArray[np.int64], new: int, least: float) -> NDArray[np.int64]:
    """Those of `rows` at a squared distance above `least` from each other; numbers below `new` give way to the rest."""
    exemplars_first = np.concatenate([rows[rows >= new], rows[rows < new]])
    own = vectors[exemplars_first]
    squares = np.square(own).sum(axis=1)  # nearly 1, but for the rounding of what is kept
    equal = np.triu(squares[:, None] + squares - 2 * own @ own.T <= least, k=1)
    kept = np.ones(len(rows), dtype=bool)
    for place in np.flatnonzero(equal.any(axis=0)):  # a row gives way only to rows that stay
        kept[place] = not (equal[:place, place] & kept[:place]).any()
    return np.sort(exemplars_first[kept])
