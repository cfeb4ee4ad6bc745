"""Elastic weight consolidation (Kirkpatrick et al. 2017), online variant (Schwarz et al. 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from assistant.learning.regularizers.base import Arrival, Penalty, State
from assistant.model.head import ClassificationHead


@dataclass(frozen=True, slots=True)
class EWC:
    """λ/2 Σ F_i (θ_i − θ*_i)², F the diagonal of the true Fisher information.

    `strength` is λ >= 0. `decay` in [0, 1] is the share of the carried Fisher in the new one: 0 measures it
    afresh on memory and new rows after each update, which the memory makes possible.
    """

    fixes_hidden: ClassVar[bool] = False

    strength: Annotated[float, Field(ge=0)] = 300.0
    decay: Annotated[float, Field(ge=0, le=1)] = 0.0

    def begin(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        anchor = {name: value.detach().clone() for name, value in previous.named_parameters()}
        if not fits(carried, anchor):  # the version before was trained without EWC
            rehearsal = arrival.memory.vectors
            weights = torch.full((len(rehearsal),), 1 / max(1, len(rehearsal)))
            carried = fisher(previous, rehearsal, weights)
        return _Held(self.strength, self.decay, anchor, carried)


@dataclass(frozen=True, eq=False)
class _Held:
    strength: float
    decay: float
    anchor: State
    importance: State
    preconditioner = None

    def __call__(self, head: ClassificationHead) -> Tensor:
        total = torch.zeros(())
        for name, value in head.named_parameters():
            old = self.anchor[name]
            total = total + (self.importance[name] * (value[: len(old)] - old).square()).sum()
        return self.strength / 2 * total

    def carry(self, head: ClassificationHead, embeddings: Tensor, weights: Tensor) -> State:
        measured = fisher(head, embeddings, weights)
        if not self.decay or not len(self.anchor["out_proj.bias"]):
            return measured
        return {
            name: (1 - self.decay) * new + self.decay * grown(self.importance[name], new)
            for name, new in measured.items()
        }


@torch.no_grad()
def fisher(head: ClassificationHead, embeddings: Tensor, weights: Tensor) -> dict[str, Tensor]:
    """The diagonal Fisher of the head's parameters: the weighted mean over rows of E_{y~p(y|x)}[(∂log p/∂θ)²].

    The expectation over labels is exact and in closed form. With p the softmax, h the hidden activations and x
    the input, ∂log p(y)/∂logits = e_y − p, whose second moment under p is diag(p) − ppᵀ; a linear layer's
    gradient is (gradient at its output) ⊗ (its input), so its squares factorise for each row.
    This is the mean of per-row squares, not the square of a batch's mean gradient.

    Shape of embeddings: (rows, dimension); of weights: (rows,), summing to 1.
    """
    head.eval()
    x = embeddings * head.gain
    h = head.hidden(embeddings)
    p = torch.softmax(head.out_proj(h), dim=1)
    w = weights[:, None]
    at_logits = p * (1 - p)
    rows = head.out_proj.weight
    at_dense = (1 - h.square()).square() * (p @ rows.square() - (p @ rows).square())
    at_dense = at_dense.clamp_min(0)  # a variance; rounding can take it below zero
    return {
        "dense.weight": (w * at_dense).T @ x.square(),
        "dense.bias": (w * at_dense).sum(dim=0),
        "out_proj.weight": (w * at_logits).T @ h.square(),
        "out_proj.bias": (w * at_logits).sum(dim=0),
    }


def grown(old: Tensor, like: Tensor) -> Tensor:
    """`old` with rows of zeros up to the row count of `like`."""
    return functional.pad(old, [0, 0] * (old.dim() - 1) + [0, len(like) - len(old)])


def fits(state: State, parameters: State) -> bool:
    """Whether `state` has a tensor of the right shape for every parameter."""
    return all(name in state and state[name].shape == value.shape for name, value in parameters.items())
