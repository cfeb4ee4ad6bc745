"""Elastic weight consolidation with the full Fisher, which for a squared loss is exact: recursive least squares.

With the hidden layer fixed, the output layer is a linear regression on the hidden activations h. For a squared loss
the Fisher information of each output row is the same matrix A = E[h hᵀ], and the penalty around the optimum of the
past *is* the loss of the past: nothing is approximated, whatever the order in which the rows came, and nothing of
them is kept but sums (Haykin, Adaptive Filter Theory, ch. 10; random features: McDonnell et al. 2023, RanPAC). The
diagonal EWC of Kirkpatrick et al. (2017) is the cheapest approximation of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from assistant.learning.regularizers.base import LARGEST, Arrival, Batch, Labelled, Penalty, State
from assistant.learning.regularizers.statistics import Statistics, positive_root
from assistant.learning.regularizers.surrogate import MISSED, pull
from assistant.model.head import ClassificationHead, outputs, place

RIDGES = (1e-3, 1e-2, 1e-1)
# Of the curvature that cross-entropy has where it knows nothing (A / intents), the share that it keeps where it is
# solved, roughly: it only sets in which coordinates the solver walks, and so how many steps it needs.
REMAINING = 0.3


@dataclass(frozen=True, slots=True)
class ExactEWC:
    """The output layer is the sum of two opinions, each of which errs in its own way: the exact solution of the
    regression on all rows ever learned, and what training says of the rows at hand, which stands for all rows too:

    - exemplars and new rows, by cross-entropy;
    - the rows that were learned and not kept, by the gradient that they had when they left (`missed`);
    - ½ Δ λA Δᵀ, with the past's A: the mean square by which training changes the logits of all messages learned
      earlier; and ½ s·|W|², which keeps it small.

    `strength` is λ >= 0; `shrinkage` > 0 is s as a share of the mean of the diagonal of E[h hᵀ]. The regression's own
    ridge is chosen at each update by leave-one-out accuracy; `scale` > 0 turns its values, 0 to 1, into logits, and
    the more rows training has lost, the louder it is (`_volume`). The hidden layer must not train (scope `output`).
    """

    fixes_hidden: ClassVar[bool] = True
    needs_steps: ClassVar[bool] = False
    by_row: ClassVar[bool] = True
    distills: ClassVar[bool] = False

    strength: Annotated[float, Field(ge=0, le=LARGEST)] = 1e-4
    shrinkage: Annotated[float, Field(gt=0, le=LARGEST)] = 1e-3
    scale: Annotated[float, Field(gt=0, le=LARGEST)] = 5.0

    @torch.no_grad()
    def begin(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        known = previous.out_proj.out_features
        before = self._known(head, previous, carried, arrival)
        after = before.grown(head.out_proj.out_features)
        after = after.plus(head.hidden(arrival.outdated.vectors), arrival.outdated.targets, times=-1)
        after = after.plus(head.hidden(arrival.new.vectors), arrival.new.targets)
        ridge, volume = self._chosen(head, after, arrival), self._volume(after, carried, arrival)
        trained = torch.zeros_like(after.sums)
        said = opinion(before, float(carried.get("ridge", ridge)), float(carried.get("volume", self.scale)))
        trained[:known] = outputs(previous) - said
        missed = _grown(carried.get(MISSED), trained)
        holding = self.strength * before.moment.double()
        # Of a great strength the rounding of A outweighs the shrinkage, and nothing positive definite would be left.
        rounding = self.strength * torch.finfo(before.moment.dtype).eps * float(before.moment.trace())
        holding.diagonal().add_(max(self.shrinkage * float(after.moment.diagonal().mean()), rounding))
        root = positive_root(holding)
        moving = torch.arange(len(trained)) if arrival.moving is None else arrival.moving
        if not len(arrival.new.targets):  # rows are erased, which training must not go on remembering
            trained[moving], missed[torch.unique(arrival.outdated.targets)] = 0.0, 0.0
        # Where the quadratic and what is missed are least together.
        resting = trained.clone()
        drawn = self.strength * trained[moving] @ before.moment - missed[moving].float() / len(moving)
        resting[moving] = torch.cholesky_solve(drawn.double().T, root).T.float()
        place(head, resting)
        state = {**after.state(), "ridge": torch.tensor(ridge), "volume": torch.tensor(volume)}
        curved = positive_root(holding + REMAINING / len(moving) * after.moment)
        whole = torch.eye(len(curved))
        coordinates = torch.linalg.solve_triangular(curved.float(), whole, upper=False)  # where to walk, roughly
        regression = opinion(after, ridge, volume)
        return _Held(resting[moving], trained[moving], root.float(), coordinates, regression, missed, moving, state)

    def _volume(self, sums: Statistics, carried: State, arrival: Arrival) -> float:
        """How loud the regression is: by the root of how many rows it has seen for each one that training has."""
        if "volume" in carried and not len(arrival.new.targets):
            return float(carried["volume"])
        counts = sums.sums[:, -1] if arrival.moving is None else sums.sums[arrival.moving, -1]
        seen = len(arrival.new.targets) + len(arrival.witnessed.targets)
        return self.scale * math.sqrt(max(1.0, float(counts.sum()) / max(1, seen)))

    def _chosen(self, head: ClassificationHead, sums: Statistics, arrival: Arrival) -> float:
        judged = torch.cat([arrival.new.vectors, arrival.witnessed.vectors])
        targets = torch.cat([arrival.new.targets, arrival.witnessed.targets])
        if arrival.moving is not None:
            sums = Statistics(sums.gram, sums.sums[arrival.moving])
            targets = torch.searchsorted(arrival.moving, targets)
        return sums.best_ridge(RIDGES, head.hidden(judged), targets)

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


def opinion(sums: Statistics, ridge: float, volume: float) -> Tensor:
    """The regression's logits. An intent of few rows has small values, and is heard louder by the root of that."""
    if not len(sums.sums):
        return sums.sums
    counts = sums.sums[:, -1:].clamp_min(1.0)  # the constant's sum is the number of rows
    return volume * (counts.mean() / counts).sqrt() * sums.solution(ridge)


def _grown(missed: Tensor | None, weights: Tensor) -> Tensor:
    """What is missed, in half precision, for as many output rows as `weights` has; zeros where nothing fits."""
    if missed is None or missed.shape[1] != weights.shape[1] or len(missed) > len(weights):
        return torch.zeros_like(weights, dtype=torch.float16)
    return functional.pad(missed.half(), [0, 0, 0, len(weights) - len(missed)])


@dataclass(frozen=True, eq=False)
class _Held(Penalty):
    """What training moves, and the regression beside it. `moving` are the output rows that train, sorted.

    Shapes: anchor and before (what training had come to) (moving, width); regression and unkept (intents, width); root
    of what holds a row, and the coordinates in which it moves, (width, width).
    """

    anchor: Tensor
    before: Tensor
    root: Tensor
    coordinates: Tensor
    regression: Tensor
    unkept: Tensor
    moving: Tensor
    carried: State

    @property
    def preconditioners(self) -> Sequence[tuple[Tensor, Tensor]]:
        """In these coordinates penalty and loss together are about as steep in every direction."""
        return [(torch.arange(len(self.anchor)), self.coordinates)]

    def narrowed(self, rows: Tensor) -> Penalty:
        return self  # of other rows nothing is held

    def starting(self, head: ClassificationHead) -> Tensor:
        return self.before

    def __call__(self, head: ClassificationHead, batch: Batch) -> Tensor:
        return ((outputs(head) - self.anchor) @ self.root).square().sum() / 2

    def settle(self, head: ClassificationHead) -> None:
        place(head, outputs(head).detach() + self.regression)

    def carry(self, head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
        return self.carried

    @torch.no_grad()
    def missed(self, head: ClassificationHead, learned: Labelled, kept: Labelled) -> State:
        trained = outputs(head).sub_(self.regression)

        def of(rows: Labelled) -> Tensor:
            hidden = functional.pad(head.hidden(rows.vectors), [0, 1], value=1.0)
            return pull(trained, hidden, rows.targets, self.moving)

        missed = self.unkept.clone()
        missed[self.moving] = (missed[self.moving].float() + of(learned) - of(kept)).half()
        return {MISSED: missed}
