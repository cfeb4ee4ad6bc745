"""Updates that cannot forget: what old intents use is frozen to the last bit, and new ones get units of their own.

Both keep no task ids: an old output row reads only units that were there when it was learned, so that its logit stays
what it was whatever the others learn. An old intent that gets new rows may add units to its row; the weights that it
had stay. Such an update forgets only where a new intent outshouts an old one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from assistant.learning.regularizers import Arrival, Batch, Labelled, Penalty, State
from assistant.model.head import ClassificationHead, add_column

OWNER = "packnet.owner"


@dataclass(frozen=True, eq=False)
class Frozen(Penalty):
    """No penalty: entries of the parameters that may not move, by name, 1 where they may."""

    start: State
    free: dict[str, Tensor]
    state: dict[str, Tensor] = field(default_factory=dict)

    def __call__(self, head: ClassificationHead, batch: Batch) -> Tensor:
        return torch.zeros(())

    @torch.no_grad()
    def on_gradient(self, head: ClassificationHead) -> None:
        for name, value in head.named_parameters():
            if value.grad is not None:
                value.grad *= self.free[name]

    @torch.no_grad()
    def on_step(self, head: ClassificationHead) -> None:
        """An optimiser may move what has no gradient; these do not move at all."""
        for name, value in head.named_parameters():
            value.copy_(torch.where(self.free[name] > 0, value, self.start[name]))

    def carry(self, head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
        return self.state


@dataclass(frozen=True, eq=False)
class Pruned(Frozen):
    """PackNet's: after training most of the units that were free are given back, and the rest trained once more."""

    share: float = 0.25

    @torch.no_grad()
    def prune(self, head: ClassificationHead) -> None:
        """Keeps the `share` of the free units that the output reads most, and frees the output of all others."""
        owner = self.state[OWNER]
        unowned = (owner == 0).nonzero().flatten()
        if not len(unowned):
            return
        weights = head.out_proj.weight
        worth = weights[:, unowned].norm(dim=0)
        kept = unowned[worth.argsort(descending=True, stable=True)[: math.ceil(self.share * len(unowned))]]
        owner[kept] = owner.max() + 1
        given_back = owner == 0
        weights[:, given_back] = 0.0
        self.start["out_proj.weight"][:, given_back] = 0.0
        self.free["out_proj.weight"][:, given_back] = 0.0
        for name in ("dense.weight", "dense.bias"):
            self.start[name][given_back] = dict(head.named_parameters())[name][given_back]
            self.free[name][given_back] = 0.0


def packed(
    head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival, share: float
) -> Penalty:
    """The units of `previous` that its intents use are frozen; those that were given back train (Mallya & Lazebnik
    2018, with whole hidden units in place of single weights, since one head has no task id to pick a mask by)."""
    owner = carried.get(OWNER)
    known = previous.out_proj.out_features
    if owner is None or len(owner) != head.dense.out_features:
        owner = torch.full((head.dense.out_features,), int(known > 0), dtype=torch.int64)
    owner = owner.clone()
    unowned = owner == 0
    free = _all_free(head)
    free["dense.weight"][~unowned] = 0.0
    free["dense.bias"][~unowned] = 0.0
    _hold_rows(free, known, unowned, arrival)
    return Pruned(_copies(head), free, {OWNER: owner}, share)


def columned(head: ClassificationHead, previous: ClassificationHead, arrival: Arrival, width: int) -> Penalty:
    """`head` with a new column of `width` units, which read the input and every older unit; the older ones are frozen
    (Rusu et al. 2016). A first version has one column, which trains."""
    known = previous.out_proj.out_features
    if not known:
        return Frozen(_copies(head), _all_free(head))
    before = head.out_proj.in_features
    add_column(head, width)
    free = {name: torch.zeros_like(value) for name, value in head.named_parameters()}
    newest = len(head.columns) - 1
    for part in ("weight", "bias"):
        free[f"columns.{newest}.{part}"] += 1.0
        free[f"out_proj.{part}"] += 1.0
    _hold_rows(free, known, torch.arange(head.out_proj.in_features) >= before, arrival)
    return Frozen(_copies(head), free)


def _hold_rows(free: dict[str, Tensor], known: int, units: Tensor, arrival: Arrival) -> None:
    """Old output rows stay, but for the entries at `units` of those that get new rows."""
    free["out_proj.weight"][:known] = 0.0
    free["out_proj.bias"][:known] = 0.0
    for row in {target for target in arrival.new.targets.tolist() if target < known}:
        free["out_proj.weight"][row] = units.float()


def _all_free(head: nn.Module) -> dict[str, Tensor]:
    return {name: torch.ones_like(value) for name, value in head.named_parameters()}


def _copies(head: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in head.named_parameters()}
