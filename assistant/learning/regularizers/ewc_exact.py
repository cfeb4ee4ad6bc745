"""Elastic weight consolidation with the full Fisher, which for a squared loss is exact: recursive least squares.

With the hidden layer fixed, the output layer is a linear regression on the hidden activations h. For a squared loss
the Fisher information of each output row is the same matrix A = E[h hᵀ], and the penalty around the optimum of the
past *is* the loss of the past: nothing is approximated, whatever the order in which the rows came, and nothing of
them is kept but sums (Haykin, Adaptive Filter Theory, ch. 10; random features: McDonnell et al. 2023, RanPAC). The
diagonal EWC of Kirkpatrick et al. (2017) is the cheapest approximation of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from assistant.learning.regularizers.base import Arrival, Batch, Labelled, Penalty, State
from assistant.learning.regularizers.statistics import Statistics
from assistant.model.head import ClassificationHead, outputs, place

RIDGES = (1e-3, 1e-2, 1e-1)


@dataclass(frozen=True, slots=True)
class ExactEWC:
    """First the output rows move as the exact solution of the regression moves when the new rows join its sums.
    Then ½ Σ_rows Δ (λ A + s·I) Δᵀ holds what training changes beyond that: A is the past's, so that its part is the
    mean square by which the logits of all messages learned earlier change, and zero for a first version.

    `strength` is λ >= 0; `shrinkage` > 0 is s as a share of the mean of the diagonal of E[h hᵀ]. The regression's own
    ridge is chosen at each update by leave-one-out accuracy. `scale` > 0 turns its values, 0 to 1, into logits at
    first; later the logits of the old rows say how. The hidden layer must not train (scope `output`).
    """

    fixes_hidden: ClassVar[bool] = True
    needs_steps: ClassVar[bool] = False
    by_row: ClassVar[bool] = True

    strength: Annotated[float, Field(ge=0)] = 0.001
    shrinkage: Annotated[float, Field(gt=0)] = 0.01
    scale: Annotated[float, Field(gt=0)] = 10.0

    @torch.no_grad()
    def begin(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        intents = previous.out_proj.out_features
        before = self._known(head, previous, carried, arrival)
        after = before.grown(head.out_proj.out_features)
        after = after.plus(head.hidden(arrival.outdated.vectors), arrival.outdated.targets, times=-1)
        after = after.plus(head.hidden(arrival.new.vectors), arrival.new.targets)
        judged = torch.cat([arrival.new.vectors, arrival.rehearsed.vectors])
        targets = torch.cat([arrival.new.targets, arrival.rehearsed.targets])
        if arrival.moving is None:
            ridge = after.best_ridge(RIDGES, head.hidden(judged), targets)
        else:
            among = Statistics(after.gram, after.sums[arrival.moving])
            ridge = among.best_ridge(RIDGES, head.hidden(judged), torch.searchsorted(arrival.moving, targets))

        known = before.solution(float(carried.get("ridge", torch.tensor(ridge))))
        solution = after.solution(ridge)
        scale = self._scale(outputs(previous), known, before.moment)
        moved = scale * solution
        moved[:intents] += outputs(previous) - scale * known
        place(head, moved)

        spread = after.moment.diagonal().mean().double() * torch.eye(len(after.gram), dtype=torch.float64)
        root = torch.linalg.cholesky(self.strength * before.moment.double() + self.shrinkage * spread)
        return _Held(outputs(head), root.float(), {**after.state(), "ridge": torch.tensor(ridge)})

    def _known(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Statistics:
        """The sums of the past; of the memory alone where the version before was trained with another regulariser."""
        width, intents = head.out_proj.in_features, previous.out_proj.out_features
        sums = Statistics.from_state(carried, width, intents)
        if sums is not None:
            return sums
        sums = Statistics.empty(width, intents)
        for kept in (arrival.memory, arrival.outdated):
            old = kept.targets < intents
            sums = sums.plus(head.hidden(kept.vectors[old]), kept.targets[old])
        return sums

    def _scale(self, weights: Tensor, known: Tensor, moment: Tensor) -> float:
        """By how much the old logits exceed the regression's values, so that new rows start as loud as the old."""
        values = known @ moment
        energy = float((values * known).sum())
        return max(self.scale, float((values * weights).sum()) / energy) if energy > 0 else self.scale


@dataclass(frozen=True, eq=False)
class _Held(Penalty):
    anchor: Tensor
    root: Tensor
    carried: State

    @property
    def preconditioner(self) -> Tensor:
        """In these coordinates the penalty is half the squared distance, so that no direction is steeper."""
        identity = torch.eye(len(self.root), dtype=self.root.dtype)
        inverse: Tensor = torch.linalg.solve_triangular(self.root, identity, upper=False)
        return inverse

    def narrowed(self, rows: Tensor) -> Penalty:
        return _Held(self.anchor[rows], self.root, self.carried)

    def __call__(self, head: ClassificationHead, batch: Batch) -> Tensor:
        return ((outputs(head) - self.anchor) @ self.root).square().sum() / 2

    def carry(self, head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
        return self.carried
