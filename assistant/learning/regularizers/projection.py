"""Learning off the subspace that the past occupies (GPM: Saha et al. 2021; OGD: Farajtabar et al. 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from assistant.learning.regularizers.base import Arrival, Batch, Labelled, Penalty, State
from assistant.learning.regularizers.layers import inputs, layers, matrices, matrix
from assistant.learning.regularizers.quadratic import remembered
from assistant.model.head import ClassificationHead

NOTHING = 1e-10  # a share of the energy that is rounding


@dataclass(frozen=True, slots=True)
class Projection:
    """No penalty, but a promise: a layer changes only in directions in which the inputs that it has seen have no part,
    so that it says of them what it said before. Output rows of new intents are free.

    `threshold` in (0, 1] is the share of the energy of a layer's inputs that its subspace must hold: 1 fixes every old
    logit to rounding, less leaves room for learning. The subspaces grow with every update and are carried; after
    another regulariser they start from the memory.
    """

    fixes_hidden: ClassVar[bool] = False
    needs_steps: ClassVar[bool] = False
    by_row: ClassVar[bool] = False
    distills: ClassVar[bool] = False

    threshold: Annotated[float, Field(gt=0, le=1)] = 0.97

    def begin(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        anchor = matrices(previous)
        bases: State = {name: carried.get(f"{name}.basis", torch.zeros(0, 0)) for name in anchor}
        if any(bases[name].shape[1] != rows.shape[1] for name, rows in anchor.items()):
            none = {name: torch.zeros(0, rows.shape[1]) for name, rows in anchor.items()}
            known, weights = remembered(previous, arrival)
            bases = _grown(none, previous, known.vectors, weights, self.threshold)
        return _Confined(self.threshold, anchor, bases)


@dataclass(frozen=True, eq=False)
class _Confined(Penalty):
    """`bases` are the subspaces that must not be touched, orthonormal rows. Shape of each: (directions, inputs + 1)."""

    threshold: float
    anchor: State
    bases: State

    def __call__(self, head: ClassificationHead, batch: Batch) -> Tensor:
        return torch.zeros(())

    @torch.no_grad()
    def on_gradient(self, head: ClassificationHead) -> None:
        for name, layer in layers(head).items():
            if layer.weight.grad is not None and layer.bias.grad is not None:
                rows = slice(len(self.anchor[name]))
                gradient = torch.cat([layer.weight.grad[rows], layer.bias.grad[rows, None]], dim=1)
                free = _off(gradient, self.bases[name])
                layer.weight.grad[rows], layer.bias.grad[rows] = free[:, :-1], free[:, -1]

    @torch.no_grad()
    def on_step(self, head: ClassificationHead) -> None:
        """An adaptive optimiser scales each coordinate by itself, which turns a step back into the subspace."""
        for name, layer in layers(head).items():
            old = self.anchor[name]
            moved = _off(matrix(layer)[: len(old)] - old, self.bases[name])
            layer.weight[: len(old)] = old[:, :-1] + moved[:, :-1]
            layer.bias[: len(old)] = old[:, -1] + moved[:, -1]

    def carry(self, head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
        bases = _grown(self.bases, head, learned.vectors, weights, self.threshold)
        return {f"{name}.basis": basis for name, basis in bases.items()}


def _off(change: Tensor, basis: Tensor) -> Tensor:
    """The part of `change` that is orthogonal to the subspace."""
    return change - (change @ basis.T) @ basis


@torch.no_grad()
def _grown(bases: State, head: ClassificationHead, vectors: Tensor, weights: Tensor, threshold: float) -> State:
    return {name: spanning(bases[name], rows, weights, threshold) for name, rows in inputs(head, vectors).items()}


def spanning(basis: Tensor, rows: Tensor, weights: Tensor, threshold: float) -> Tensor:
    """`basis` with the fewest further directions such that it holds `threshold` of the energy of `rows`.

    Shapes: basis (directions, width), orthonormal; rows (rows, width); weights (rows,).
    """
    weighted = rows.double() * weights.double().sqrt()[:, None]
    outside = _off(weighted, basis.double())
    total = weighted.square().sum()
    energies, directions = torch.linalg.eigh(outside.T @ outside)
    energies, directions = energies.flip(0), directions.flip(1)
    held = total - outside.square().sum() + energies.cumsum(0) - energies  # before each of them joins
    wanted = (held < threshold * total) & (energies > NOTHING * total)
    return torch.cat([basis, directions.T[wanted].to(basis.dtype)])
