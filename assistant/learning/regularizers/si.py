"""Synaptic intelligence (Zenke et al. 2017): important is what lowered the loss while it was learned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from assistant.learning.regularizers.base import LARGEST, Arrival, Labelled, Penalty, State
from assistant.learning.regularizers.ewc import true_fisher
from assistant.learning.regularizers.quadratic import Springs, grown, known, signed
from assistant.model.head import ClassificationHead


@dataclass(frozen=True, slots=True)
class SynapticIntelligence:
    """c Σ Ω_i (θ_i − θ*_i)², where each update adds ω_i / ((Δθ_i)² + ξ) to Ω_i, with ω_i = Σ_steps −g_i Δθ_i the part
    of parameter i in how far the loss fell; there is no pass over the data for it.

    `strength` is c >= 0, `damping` is ξ > 0. A parameter whose moves raised the loss counts as unimportant: below
    zero the penalty would have no bottom. Needs the small steps of stochastic training (scope `head`): the probes of
    a line search are not a path. A version trained with another regulariser left no path; there half the Fisher
    information stands for Ω, which on a quadratic loss it is (§ 4 of the paper).
    """

    fixes_hidden: ClassVar[bool] = False
    needs_steps: ClassVar[bool] = True
    by_row: ClassVar[bool] = False
    distills: ClassVar[bool] = False

    strength: Annotated[float, Field(ge=0, le=LARGEST)] = 1.0
    damping: Annotated[float, Field(gt=0, le=LARGEST)] = 1e-3

    def begin(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        anchor, importance = known("si", previous, carried, arrival, _half_fisher)
        start = {name: value.detach().clone() for name, value in head.named_parameters()}
        return _Walked("si", self.strength, anchor, importance, self.damping, start)


def _half_fisher(head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
    return {name: value / 2 for name, value in true_fisher(head, learned, weights).items()}


@dataclass(frozen=True, eq=False)
class _Walked(Springs):
    """`fallen` is ω so far; `seen` is where the last gradient was taken, and that gradient."""

    damping: float
    start: State
    fallen: dict[str, Tensor] = field(default_factory=dict)
    seen: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def on_gradient(self, head: ClassificationHead) -> None:
        for name, value in head.named_parameters():
            if value.grad is not None:
                self.seen[name] = value.detach().clone(), value.grad.clone()

    @torch.no_grad()
    def on_step(self, head: ClassificationHead) -> None:
        for name, value in head.named_parameters():
            if name in self.seen:
                before, gradient = self.seen.pop(name)
                self.fallen[name] = self.fallen.get(name, torch.zeros_like(value)) - gradient * (value - before)

    @torch.no_grad()
    def carry(self, head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
        importance = {}
        for name, value in head.named_parameters():
            fallen = self.fallen.get(name, torch.zeros_like(value)).clamp_min(0)
            gained = fallen / ((value - self.start[name]).square() + self.damping)
            importance[name] = grown(self.importance[name], gained) + gained
        return signed(self.method, importance)
