"""The two layers of a head as matrices, the bias as one more column and a constant 1 as one more input."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.model.head import ClassificationHead


def layers(head: ClassificationHead) -> dict[str, nn.Linear]:
    return {"dense": head.dense, "out_proj": head.out_proj}


def matrix(layer: nn.Linear) -> Tensor:
    """A copy; gradients flow. Shape: (outputs, inputs + 1)."""
    return torch.cat([layer.weight, layer.bias[:, None]], dim=1)


def matrices(head: ClassificationHead) -> dict[str, Tensor]:
    """Copies of both layers from which no gradient flows. Shape of each: (outputs, inputs + 1)."""
    return {name: matrix(layer).detach() for name, layer in layers(head).items()}


def inputs(head: ClassificationHead, vectors: Tensor) -> dict[str, Tensor]:
    """What each layer receives, dropout off. Shape: (rows, dimension) -> of each (rows, inputs + 1)."""
    head.eval()
    received = {"dense": vectors * head.gain, "out_proj": head.hidden(vectors)}
    return {name: functional.pad(rows, [0, 1], value=1.0) for name, rows in received.items()}
