"""The penalty that `ewc`, `mas` and `si` share: each parameter is tied to its old value by a spring of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from assistant.learning.regularizers.base import Arrival, Batch, Labelled, Penalty, State
from assistant.model.head import ClassificationHead

# The importance of each parameter to the rows that a head learned, by name. Weights: (rows,), summing to 1.
Measure = Callable[[ClassificationHead, Labelled, Tensor], State]


@dataclass(frozen=True, eq=False)
class Springs(Penalty):
    """factor · Σ Ω_i (θ_i − θ*_i)². Output rows that θ* does not have are free. `method` is whose Ω it is."""

    method: str
    factor: float
    anchor: State
    importance: State

    def __call__(self, head: ClassificationHead, batch: Batch) -> Tensor:
        total = torch.zeros(())
        for name, value in head.named_parameters():
            old = self.anchor[name]
            total = total + (self.importance[name] * (value[: len(old)] - old).square()).sum()
        return self.factor * total


@dataclass(frozen=True, eq=False)
class MeasuredSprings(Springs):
    """With an importance that is measured when training is over; `decay` is the carried one's share in the new one."""

    decay: float
    measure: Measure

    def carry(self, head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
        measured = self.measure(head, learned, weights)
        if self.decay and len(self.anchor["out_proj.bias"]):
            measured = {
                name: (1 - self.decay) * new + self.decay * grown(self.importance[name], new)
                for name, new in measured.items()
            }
        return signed(self.method, measured)


def known(
    method: str, previous: ClassificationHead, carried: State, arrival: Arrival, measure: Measure
) -> tuple[State, State]:
    """Where the springs are fixed, and their strengths: as carried or, after another regulariser, from the memory."""
    anchor = {name: value.detach().clone() for name, value in previous.named_parameters()}
    own = {name: carried.get(f"{method}.{name}") for name in anchor}
    importance = {name: value for name, value in own.items() if value is not None and value.shape == anchor[name].shape}
    if len(importance) < len(anchor):
        importance = dict(measure(previous, *remembered(previous, arrival)))
    return anchor, importance


def signed(method: str, importance: State) -> State:
    """As carried: each method measures on a scale of its own, and must not take another's for it."""
    return {f"{method}.{name}": value for name, value in importance.items()}


def remembered(previous: ClassificationHead, arrival: Arrival) -> tuple[Labelled, Tensor]:
    """The memory of what `previous` knows, each row with the same weight."""
    old = arrival.memory.targets < previous.out_proj.out_features
    rows = Labelled(arrival.memory.vectors[old], arrival.memory.targets[old])
    return rows, torch.full((len(rows.targets),), 1 / max(1, len(rows.targets)))


def grown(old: Tensor, like: Tensor) -> Tensor:
    """`old` with rows of zeros up to the row count of `like`."""
    return functional.pad(old, [0, 0] * (old.dim() - 1) + [0, len(like) - len(old)])
