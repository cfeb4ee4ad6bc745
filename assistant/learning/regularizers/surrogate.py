"""What the rows that are not kept would still say: the first-order part of their loss.

An update trains on rows of which only exemplars stay. Where training ended, the gradient of the rows that leave is
known, and it is added to the loss of the exemplars from then on, so that at this point the two pull as all rows did
(communication-efficient surrogate likelihood, Jordan, Lee & Yang 2019; as in SVRG, Johnson & Zhang 2013). It is a sum:
one number for each weight, however many rows have left.
"""

from __future__ import annotations

import torch
from torch import Tensor

MISSED = "missed"  # its name in what a regulariser carries on
AT_ONCE = 256  # rows whose logits are computed at a time: there may be very many intents


def pull(weights: Tensor, hidden: Tensor, targets: Tensor, chosen: Tensor) -> Tensor:
    """The gradient of cross-entropy, summed over the intents that have rows, each counting with its mean.

    For the output rows `chosen` alone. Shapes: weights (intents, width); hidden (any, width); targets (any,), int64;
    the gradient (chosen, width).
    """
    shares = 1.0 / torch.bincount(targets, minlength=len(weights)).clamp_min(1)[targets].float()
    found = torch.zeros(len(chosen), weights.shape[1])
    for start in range(0, len(targets), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        wrong = torch.softmax(hidden[some] @ weights.T, dim=1)
        wrong[torch.arange(len(wrong)), targets[some]] -= 1
        found += (wrong[:, chosen] * shares[some, None]).T @ hidden[some]
    return found
