"""Memory aware synapses (Aljundi et al. 2018): important is what the output is sensitive to. No label is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from assistant.learning.regularizers.base import LARGEST, Arrival, Labelled, Penalty, State
from assistant.learning.regularizers.quadratic import MeasuredSprings, known
from assistant.model.head import ClassificationHead


@dataclass(frozen=True, slots=True)
class MAS:
    """λ Σ Ω_i (θ_i − θ*_i)², Ω_i = E_x |∂‖f(x)‖²/∂θ_i| with f the logits.

    `strength` is λ >= 0; Ω grows with the square of the logits, so the fitting λ depends on their size. `decay` in
    [0, 1] is the share of the carried Ω in the new one: 0 measures it afresh on memory and new rows after each update.
    """

    fixes_hidden: ClassVar[bool] = False
    needs_steps: ClassVar[bool] = False
    by_row: ClassVar[bool] = False
    distills: ClassVar[bool] = False

    strength: Annotated[float, Field(ge=0, le=LARGEST)] = 0.001
    decay: Annotated[float, Field(ge=0, le=1)] = 0.0

    def begin(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        anchor, carried = known("mas", previous, carried, arrival, _of_rows)
        return MeasuredSprings("mas", self.strength, anchor, carried, self.decay, _of_rows)


@torch.no_grad()
def sensitivity(head: ClassificationHead, vectors: Tensor, weights: Tensor) -> State:
    """The weighted mean over rows of |∂‖f(x)‖²/∂θ|, for each parameter.

    In closed form: a linear layer's gradient is (gradient at its output) ⊗ (its input), so its absolute value
    factorises for each row. Shapes: vectors (rows, dimension); weights (rows,), summing to 1.
    """
    head.eval()
    x, h = vectors * head.gain, head.hidden(vectors)
    at_logits = 2 * head.out_proj(h)
    at_dense = (at_logits @ head.out_proj.weight) * (1 - h.square())
    at_logits, at_dense = (weights[:, None] * at.abs() for at in (at_logits, at_dense))
    return {
        "dense.weight": at_dense.T @ x.abs(),
        "dense.bias": at_dense.sum(dim=0),
        "out_proj.weight": at_logits.T @ h.abs(),
        "out_proj.bias": at_logits.sum(dim=0),
    }


def _of_rows(head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
    return sensitivity(head, learned.vectors, weights)
