"""Elastic weight consolidation with the full Fisher, which for a squared loss is exact: recursive least squares.

With the hidden layer fixed, the output layer is a linear regression on the hidden activations h. For a squared loss
the Fisher information of each output row is the same matrix A = E[h hᵀ], and the penalty around the optimum of the
past *is* the loss of the past: nothing is approximated, whatever the order in which the rows came, and nothing of
them is kept but sums (Haykin, Adaptive Filter Theory, ch. 10; random features: McDonnell et al. 2023, RanPAC). The
diagonal EWC of Kirkpatrick et al. (2017) is the cheapest approximation of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from assistant.learning.regularizers.base import Arrival, Batch, Labelled, Penalty, State
from assistant.learning.regularizers.statistics import Statistics
from assistant.model.head import ClassificationHead, outputs, place

RIDGES = (1e-3, 1e-2, 1e-1)
# So heavy that the regression says little more than where an intent's rows lie. What old intents then owe to training
# is held so much harder than what new ones do.
HEAVY, FIRM = 30.0, 30.0


@dataclass(frozen=True, slots=True)
class ExactEWC:
    """First the output rows move as the exact solution of the regression moves when the new rows join its sums.
    Then ½ Σ_rows Δ (λ A + s·I) Δᵀ holds what training changes beyond that: A is the past's, so that its part is the
    mean square by which the logits of all messages learned earlier change, and zero for a first version.

    `strength` is λ >= 0; `shrinkage` > 0 is s as a share of the mean of the diagonal of E[h hᵀ]. The regression's own
    ridge is chosen at each update by leave-one-out accuracy; but where the memory holds at least half of the first
    rows, it is HEAVY for good: a regression that knows by heart what is rehearsed anyway leaves training nothing to
    learn from it. The rows of old intents are then held FIRM times harder than those of new ones, so that a night
    settles little between two old intents. `scale` > 0 turns the regression's values, 0 to 1, into logits at first;
    later the logits of the old rows say how. The hidden layer must not train (scope `output`).
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
        last = settled(carried)
        heavy = last == HEAVY if last is not None else arrival.lasting >= 0.5
        ridge = HEAVY if heavy else self._chosen(head, after, arrival)

        known = before.solution(last or ridge)
        solution = after.solution(ridge)
        scale = self._scale(outputs(previous), known, before.moment)
        moved = scale * solution
        moved[:intents] += outputs(previous) - scale * known
        old = torch.arange(len(moved)) < intents
        if heavy and not len(arrival.new.targets):  # rows are erased, which training must not go on remembering
            losing = torch.unique(arrival.outdated.targets)
            moved[losing], old[losing] = scale * solution[losing], False
        place(head, moved)

        spread = after.moment.diagonal().mean().double() * torch.eye(len(after.gram), dtype=torch.float64)

        def root(strength: float) -> Tensor:
            held: Tensor = torch.linalg.cholesky(strength * before.moment.double() + self.shrinkage * spread)
            return held.float()

        loose = root(self.strength)
        firm = root(self.strength * FIRM) if heavy else loose
        return _Held(outputs(head), old, firm, loose, {**after.state(), "ridge": torch.tensor(ridge)})

    def _chosen(self, head: ClassificationHead, sums: Statistics, arrival: Arrival) -> float:
        judged = torch.cat([arrival.new.vectors, arrival.rehearsed.vectors])
        targets = torch.cat([arrival.new.targets, arrival.rehearsed.targets])
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

    def _scale(self, weights: Tensor, known: Tensor, moment: Tensor) -> float:
        """By how much the old logits exceed the regression's values, so that new rows start as loud as the old."""
        values = known @ moment
        energy = float((values * known).sum())
        return max(self.scale, float((values * weights).sum()) / energy) if energy > 0 else self.scale


def settled(carried: State) -> float | None:
    """The ridge of the last update; None where there was none."""
    return float(carried["ridge"]) if "ridge" in carried else None


@dataclass(frozen=True, eq=False)
class _Held(Penalty):
    """Shapes: anchor (intents, width); old (intents,), bool; roots of what holds old rows and new (width, width)."""

    anchor: Tensor
    old: Tensor
    old_root: Tensor
    new_root: Tensor
    carried: State

    @property
    def preconditioners(self) -> Sequence[tuple[Tensor, Tensor]]:
        """In these coordinates the penalty is half the squared distance, so that no direction is steeper."""
        identity = torch.eye(len(self.old_root), dtype=self.old_root.dtype)
        return [
            (rows.nonzero().flatten(), torch.linalg.solve_triangular(root, identity, upper=False))
            for rows, root in self._held()
        ]

    def narrowed(self, rows: Tensor) -> Penalty:
        return replace(self, anchor=self.anchor[rows], old=self.old[rows])

    def __call__(self, head: ClassificationHead, batch: Batch) -> Tensor:
        moved = outputs(head) - self.anchor
        return torch.stack([(moved[rows] @ root).square().sum() for rows, root in self._held()]).sum() / 2

    def _held(self) -> list[tuple[Tensor, Tensor]]:
        if self.old_root is self.new_root:
            return [(torch.ones_like(self.old), self.new_root)]
        both = ((self.old, self.old_root), (~self.old, self.new_root))
        return [(rows, root) for rows, root in both if rows.any()]

    def carry(self, head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
        return self.carried
