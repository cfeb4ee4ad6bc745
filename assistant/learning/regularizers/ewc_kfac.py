"""Elastic weight consolidation with the Fisher of each layer as a Kronecker product (Ritter et al. 2018; Martens &
Grosse 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from assistant.learning.regularizers.base import LARGEST, Arrival, Batch, Labelled, Penalty, State
from assistant.learning.regularizers.layers import inputs, layers, matrices, matrix
from assistant.learning.regularizers.quadratic import remembered
from assistant.model.head import ClassificationHead


@dataclass(frozen=True, slots=True)
class KroneckerEWC:
    """λ/2 Σ_layers tr(Δᵀ G Δ A): the Fisher of a linear layer as E[aaᵀ] ⊗ E[ggᵀ], a its input with a 1 for the bias,
    g the gradient at its output. Unlike a diagonal it knows which changes cancel out; it is exact where inputs and
    gradients are independent, as for a single row.

    `strength` is λ >= 0. The expectation over labels is exact for the output layer; for the hidden layer it is so for
    the `labels` >= 1 most probable ones of each row, and the rest of them is stood for by one drawn from it, weighted
    by what it stands for, which leaves the expectation unbiased at a cost that the number of intents does not raise.
    """

    fixes_hidden: ClassVar[bool] = False
    needs_steps: ClassVar[bool] = False
    by_row: ClassVar[bool] = False
    distills: ClassVar[bool] = False

    strength: Annotated[float, Field(ge=0, le=LARGEST)] = 100.0
    labels: Annotated[int, Field(ge=1)] = 8

    def begin(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        anchor = matrices(previous)
        if not len(anchor["out_proj"]):
            return _Held(self.strength, self.labels, {}, {})
        if not _fits(carried, anchor):  # the version before was trained with another regulariser
            rows, weights = remembered(previous, arrival)
            carried = kronecker_factors(previous, rows.vectors, weights, self.labels)
        return _Held(self.strength, self.labels, anchor, carried)


@dataclass(frozen=True, eq=False)
class _Held(Penalty):
    strength: float
    labels: int
    anchor: State
    factors: State

    def __call__(self, head: ClassificationHead, batch: Batch) -> Tensor:
        total = torch.zeros(())
        for name, old in self.anchor.items():
            moved = matrix(layers(head)[name])[: len(old)] - old
            if moved.any():  # a layer that does not train costs nothing
                gradient = self.factors[f"{name}.outputs"] @ moved.detach() @ self.factors[f"{name}.inputs"]
                # ½⟨Δ, GΔA⟩ and its gradient GΔA, without running the two products backwards.
                total = total + (moved * gradient).sum() - (moved.detach() * gradient).sum() / 2
        return self.strength * total

    def carry(self, head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
        return kronecker_factors(head, learned.vectors, weights, self.labels)


@torch.no_grad()
def kronecker_factors(head: ClassificationHead, vectors: Tensor, weights: Tensor, labels: int) -> State:
    """E[aaᵀ] (`inputs`) and E[ggᵀ] (`outputs`) of each layer, symmetric.

    Shapes: vectors (rows, dimension); weights (rows,), summing to 1.
    """
    received = inputs(head, vectors)
    h = received["out_proj"][:, :-1]
    p = torch.softmax(head.out_proj(h), dim=1)
    w = weights[:, None]
    return {
        **{f"{name}.inputs": (w * a).T @ a for name, a in received.items()},
        "dense.outputs": _at_dense(head.out_proj.weight, 1 - h.square(), p, weights, labels),
        "out_proj.outputs": torch.diag((w * p).sum(dim=0)) - (w * p).T @ p,
    }


def _at_dense(rows: Tensor, slope: Tensor, p: Tensor, weights: Tensor, labels: int) -> Tensor:
    """The weighted mean over rows and labels of ggᵀ, with g = tanh' · (output row of the label − their mean).

    Shapes: rows (intents, hidden); slope (rows, hidden); p (rows, intents) -> (hidden, hidden).
    """
    shares, chosen = p.topk(min(labels, p.shape[1]), dim=1)
    if p.shape[1] > labels:
        rest = p.scatter(1, chosen, 0.0).clamp_min(1e-12).scatter(1, chosen, 0.0)
        drawn = torch.multinomial(rest, 1, generator=torch.Generator().manual_seed(0))
        shares = torch.cat([shares, 1 - shares.sum(dim=1, keepdim=True)], dim=1)
        chosen = torch.cat([chosen, drawn], dim=1)
    mean, total = p @ rows, torch.zeros(2 * [rows.shape[1]], dtype=rows.dtype)
    for share, label in zip(shares.clamp_min(0).T, chosen.T, strict=True):
        gradient = slope * (rows[label] - mean)
        total += ((weights * share)[:, None] * gradient).T @ gradient
    return total


def _fits(state: State, anchor: State) -> bool:
    sizes = {
        f"{n}.{side}": s for n, m in anchor.items() for side, s in zip(("outputs", "inputs"), m.shape, strict=True)
    }
    return all(name in state and state[name].shape == (size, size) for name, size in sizes.items())
