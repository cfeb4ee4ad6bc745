"""Which old intents a night has to do with: those closest to what is new."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from assistant.learning.memory import ExemplarMemory

AT_ONCE = 8192  # rows in single precision at a time


def nearby(memory: ExemplarMemory, arrived: ExemplarMemory, most: int) -> frozenset[str] | None:
    """The intents of `arrived`, and the `most` others of `memory` whose mean is closest to that of one of them.

    By cosine, the mean of all intents taken away, as some encoders put all texts close together. None where no more
    than `most` others are there, so that all of them take part, and where nothing is new: then rows are erased, which
    no intent may go on remembering.
    """
    if not len(arrived):
        return None
    gaussians = memory.gaussians
    known = dict.fromkeys(memory.intents) | dict.fromkeys(gaussians or ())
    fresh = frozenset(arrived.intents)
    others = [intent for intent in known if intent not in fresh]
    if len(others) <= most:
        return None
    names, means = _means(memory)
    there = set(names)
    unkept = {intent: one.mean.astype(np.float32) for intent, one in (gaussians or {}).items() if intent not in there}
    if unkept:
        names += unkept
        means = np.concatenate([means, np.stack(list(unkept.values()))])
    centre = means.mean(axis=0)
    _, wanted = _means(arrived)
    closeness = (_unit(means - centre) @ _unit(wanted - centre).T).max(axis=1)
    order = [names[row] for row in np.argsort(-closeness, kind="stable")]
    return fresh | frozenset([intent for intent in order if intent not in fresh][:most])


def _means(rows: ExemplarMemory) -> tuple[list[str], NDArray[np.float32]]:
    """Each intent once, in the order of its first row, and the mean of its rows."""
    column = {intent: row for row, intent in enumerate(dict.fromkeys(rows.intents))}
    owner = torch.tensor([column[intent] for intent in rows.intents], dtype=torch.int64)
    sums = torch.zeros(len(column), rows.dimension)
    for start in range(0, len(owner), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        sums.index_add_(0, owner[some], torch.from_numpy(rows.stored[some].astype(np.float32)))
    counts = torch.bincount(owner, minlength=len(column)).clamp_min(1)
    return list(column), (sums / counts[:, None]).numpy()


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return unit
