"""Sums of the past taken along into the space of another encoder."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from assistant.learning.regularizers.statistics import Statistics

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
    old, new = (functional.pad(hidden, [0, 1], value=1.0).double() for hidden in (before, after))
    gram = past.gram.double() - old.T @ old
    sums = past.sums.double().index_add(0, targets, old, alpha=-1)
    shares = (1.0 / torch.bincount(targets)[targets]).double()[:, None]
    shares = shares / shares.sum()
    identity = torch.eye(len(gram), dtype=gram.dtype)
    moment = (shares * old).T @ old
    ridge = STIFFNESS * moment.diagonal().mean() * identity
    mapping = identity + torch.linalg.solve(moment + ridge, (shares * old).T @ (new - old))
    missed = new - old @ mapping
    counts = torch.bincount(targets, minlength=len(sums)).clamp_min(1)[:, None]
    by_intent = torch.zeros_like(sums).index_add(0, targets, missed) / counts
    gram = mapping.T @ gram @ mapping + unseen.sum() * (shares * missed).T @ missed
    sums = sums @ mapping + unseen.double()[:, None] * by_intent
    gram[-1, -1], sums[:, -1] = unseen.sum(), unseen  # the constant counts rows, which no map may change
    return Statistics(((gram + gram.T) / 2).float(), sums.float())
