"""What every regulariser promises. The contract tests run over every member of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from torch import Tensor

from assistant.model.head import ClassificationHead

# Tensors that a version folder carries from one update to the next, by name.
State = Mapping[str, Tensor]


class Penalty(Protocol):
    """The regulariser's state during one update."""

    def __call__(self, head: ClassificationHead) -> Tensor:
        """A scalar to add to the loss: zero where `head` has not moved, with a gradient in the live head."""
        ...


class Regularizer(Protocol):
    """A frozen recipe."""

    def begin(self, previous: ClassificationHead, carried: State, rehearsal: Tensor) -> Penalty:
        """The penalty for leaving `previous`; rows that `previous` does not have are free.

        `rehearsal` holds the embeddings kept of the past. Shape: (rows, dimension).
        """
        ...

    def carry(self, head: ClassificationHead, carried: State, embeddings: Tensor, weights: Tensor) -> State:
        """What the next update needs, measured on the finished `head`.

        Shape of embeddings: (rows, dimension); of weights: (rows,), positive, summing to 1.
        """
        ...
