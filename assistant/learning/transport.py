"""Sums of the past taken along into the space of another encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from assistant.learning.gaussians import Gaussian, Gaussians
from assistant.learning.regularizers.statistics import Statistics
from assistant.model.encoder import Vectors

STIFFNESS = 0.1  # of the map, as a share of the mean of the second moment's diagonal


def transported(past: Statistics, before: Tensor, after: Tensor, targets: Tensor) -> Statistics:
    """The sums of those rows ever learned that are no longer there, as if the new encoder had embedded them.

    Rows that are still there leave the sums with their activations `before`. The rest moves by the linear map that
    takes `before` to `after` best, with a ridge on its distance from the identity (learnable drift compensation,
    Gomez-Villa et al. 2024). What the map misses is added as it is seen on the rows that are there: its mean to each
    intent's sum, its second moment to the gram matrix, so that directions which the map cannot tell are not held to be
    known.

    Shapes: before, after (rows, hidden); targets (rows,). Empty where every row is still there, and where there are
    more rows of an intent than the sums have seen, as after a switch of the encoder: the rows then know better.
    """
    unseen = past.sums[:, -1].round() - torch.bincount(targets, minlength=len(past.sums))
    if (unseen < 0).any() or not unseen.any():
        return Statistics.empty(before.shape[1], len(past.sums))
    old, new = (_padded(hidden, 1.0) for hidden in (before, after))
    gram = past.gram.double() - old.T @ old
    sums = past.sums.double().index_add(0, targets, old, alpha=-1)
    shares = _balanced(targets)
    mapping = _mapping(old, new, shares)
    missed = new - old @ mapping
    counts = torch.bincount(targets, minlength=len(sums)).clamp_min(1)[:, None]
    by_intent = torch.zeros_like(sums).index_add(0, targets, missed) / counts
    gram = mapping.T @ gram @ mapping + unseen.sum() * (shares * missed).T @ missed
    sums = sums @ mapping + unseen.double()[:, None] * by_intent
    gram[-1, -1], sums[:, -1] = unseen.sum(), unseen  # the constant counts rows, which no map may change
    return Statistics(_possible((gram + gram.T) / 2).float(), sums.float())


def moved(gaussians: Gaussians, before: Vectors, after: Vectors, intents: Sequence[str]) -> dict[str, Gaussian]:
    """The Gaussians in the new encoder's space: by such a map, and each mean by what it misses on the intent's rows.

    Shapes: before, after (len(intents) >= 1, dimension).
    """
    names, targets = np.unique(np.array(intents), return_inverse=True)
    old, new = (_padded(torch.from_numpy(vectors), 1.0) for vectors in (before, after))
    mapping = _mapping(old, new, _balanced(torch.from_numpy(targets)))
    rest = new - old @ mapping
    missed = {str(name): rest[torch.from_numpy(targets == row)].mean(dim=0) for row, name in enumerate(names)}

    def taken_along(intent: str, one: Gaussian) -> Gaussian:
        mean = _padded(torch.from_numpy(one.mean), 1.0) @ mapping + missed.get(intent, 0.0)
        directions = _padded(torch.from_numpy(one.directions), 0.0) @ mapping  # a constant has no spread
        return Gaussian(one.count, mean[:-1].half().numpy(), directions[:, :-1].half().numpy())

    return {intent: taken_along(intent, one) for intent, one in gaussians.items()}


def _padded(rows: Tensor, constant: float) -> Tensor:
    return functional.pad(rows.double(), [0, 1], value=constant)


def _possible(gram: Tensor) -> Tensor:
    """The nearest that can be a sum of squares. Of few rows among many, what single precision lost of all of them is
    more than the ridge with which the regression on these few is solved."""
    values, directions = torch.linalg.eigh(gram)
    possible: Tensor = (directions * values.clamp_min(0.0)) @ directions.T
    return possible


def _balanced(targets: Tensor) -> Tensor:
    """A share for each row such that every intent weighs the same. Shape: (rows, 1)."""
    shares = (1.0 / torch.bincount(targets)[targets]).double()[:, None]
    return shares / shares.sum()


def _mapping(old: Tensor, new: Tensor, shares: Tensor) -> Tensor:
    identity = torch.eye(old.shape[1], dtype=old.dtype)
    moment = (shares * old).T @ old
    ridge = STIFFNESS * moment.diagonal().mean() * identity
    moving: Tensor = torch.linalg.solve(moment + ridge, (shares * old).T @ (new - old))
    return identity + moving
