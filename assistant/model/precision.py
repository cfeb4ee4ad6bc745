"""Half precision where nothing is lost by it: what a version folder's large tensors are stored in."""

from __future__ import annotations

import torch
from torch import Tensor


def rounded(weights: Tensor) -> Tensor:
    """The nearest weights that half precision holds, in single precision. Shape: any, kept."""
    return weights.half().float()


def stored(weights: Tensor) -> Tensor:
    """`weights` in half precision where that gives every bit of them back, else as they are. Shape: any, kept."""
    if weights.dtype is not torch.float32 or not torch.equal(rounded(weights), weights):
        return weights.detach().contiguous()
    return weights.detach().half().contiguous()
