"""Elastic weight consolidation (Kirkpatrick et al. 2017), online variant (Schwarz et al. 2018)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor

from assistant.learning.regularizers.base import LARGEST, Arrival, Labelled, Penalty, State
from assistant.learning.regularizers.quadratic import MeasuredSprings, known
from assistant.model.head import ClassificationHead


@dataclass(frozen=True, slots=True)
class EWC:
    """λ/2 Σ F_i (θ_i − θ*_i)², F the diagonal of the Fisher information.

    `strength` is λ >= 0. `decay` in [0, 1] is the share of the carried Fisher in the new one: 0 measures it
    afresh on memory and new rows after each update, which the memory makes possible. `fisher` says over which labels
    it is the mean: those that the head itself would draw (`true`), or those of the rows (`empirical`), which vanishes
    on rows that are learned by heart and is no Fisher away from the optimum (Kunstner et al. 2019).
    """

    fixes_hidden: ClassVar[bool] = False
    needs_steps: ClassVar[bool] = False
    by_row: ClassVar[bool] = False
    distills: ClassVar[bool] = False

    strength: Annotated[float, Field(ge=0, le=LARGEST)] = 300.0
    decay: Annotated[float, Field(ge=0, le=1)] = 0.0
    fisher: Literal["true", "empirical"] = "true"

    def begin(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        measure = FISHERS[self.fisher]
        anchor, carried = known("ewc", previous, carried, arrival, measure)
        return MeasuredSprings("ewc", self.strength / 2, anchor, carried, self.decay, measure)


def true_fisher(head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
    """The diagonal Fisher of the head's parameters: the weighted mean over rows of E_{y~p(y|x)}[(∂log p/∂θ)²].

    The expectation over labels is exact and in closed form. With p the softmax, h the hidden activations and x
    the input, ∂log p(y)/∂logits = e_y − p, whose second moment under p is diag(p) − ppᵀ; a linear layer's
    gradient is (gradient at its output) ⊗ (its input), so its squares factorise for each row.
    This is the mean of per-row squares, not the square of a batch's mean gradient.

    Shape of weights: (rows,), summing to 1.
    """
    return _mean_squares(head, learned.vectors, weights, _under_own_labels)


def empirical_fisher(head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
    """The same with the label of each row in place of the expectation over labels."""

    def under_given_labels(p: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        surprise = -p
        surprise[torch.arange(len(p)), learned.targets] += 1  # not `one_hot`, which fails before the first intent
        return surprise.square(), (surprise @ rows).square()

    return _mean_squares(head, learned.vectors, weights, under_given_labels)


FISHERS = {"true": true_fisher, "empirical": empirical_fisher}


def _under_own_labels(p: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    variance = p @ rows.square() - (p @ rows).square()
    return p * (1 - p), variance.clamp_min(0)  # rounding can take it below zero


@torch.no_grad()
def _mean_squares(
    head: ClassificationHead,
    vectors: Tensor,
    weights: Tensor,
    squares: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
) -> State:
    """`squares(p, output rows)` gives E[g²] for g = ∂log p/∂logits and for g times the rows, both (rows, …)."""
    head.eval()
    x, h = vectors * head.gain, head.hidden(vectors)
    at_logits, at_hidden = squares(torch.softmax(head.out_proj(h), dim=1), head.out_proj.weight)
    at_logits = weights[:, None] * at_logits
    at_dense = weights[:, None] * (1 - h.square()).square() * at_hidden
    return {
        "dense.weight": at_dense.T @ x.square(),
        "dense.bias": at_dense.sum(dim=0),
        "out_proj.weight": at_logits.T @ h.square(),
        "out_proj.bias": at_logits.sum(dim=0),
    }
