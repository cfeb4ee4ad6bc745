"""What every regulariser promises. The contract tests run over every member of the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from torch import Tensor

from assistant.model.head import ClassificationHead

# Tensors that a version folder carries from one update to the next, by name.
State = Mapping[str, Tensor]


@dataclass(frozen=True)
class Labelled:
    """Embeddings with the output rows of their intents. Shapes: vectors (rows, dimension); targets (rows,), int64."""

    vectors: Tensor
    targets: Tensor


@dataclass(frozen=True)
class Arrival:
    """What an update brings: `new` rows, the `memory` of the past, what of it is `rehearsed` with them, and what was in
    it but is `outdated`, because a new row gives the same text a label of its own."""

    new: Labelled
    memory: Labelled
    rehearsed: Labelled
    outdated: Labelled


class Penalty(Protocol):
    """The regulariser's state during one update."""

    @property
    def preconditioner(self) -> Tensor | None:
        """A matrix in whose coordinates the output layer is best moved, for solvers that can use one.

        Shape: (hidden + 1, hidden + 1), the bias last.
        """
        ...

    def __call__(self, head: ClassificationHead) -> Tensor:
        """A scalar to add to the loss: zero where `head` is as `begin` left it, with a gradient in the live head."""
        ...

    def carry(self, head: ClassificationHead, embeddings: Tensor, weights: Tensor) -> State:
        """What the next update needs, measured on the finished `head`.

        Shape of embeddings: (rows, dimension); of weights: (rows,), positive, summing to 1.
        """
        ...


class Regularizer(Protocol):
    """A frozen recipe."""

    # Whether what is carried holds only as long as the hidden layer does not train.
    fixes_hidden: ClassVar[bool]

    def begin(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        """The penalty for leaving `previous`, of which `head` is the grown copy that is going to train.

        A recipe may first place the output rows of `head` where it knows them to belong.
        """
        ...
