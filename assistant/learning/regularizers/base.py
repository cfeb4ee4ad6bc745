"""What every regulariser promises. The contract tests run over every member of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from torch import Tensor

from assistant.model.head import ClassificationHead, outputs

LARGEST = 1e12  # of an option that is multiplied: well beyond, single precision ends
# Tensors that a version folder carries from one update to the next, by name.
State = Mapping[str, Tensor]


@dataclass(frozen=True)
class Labelled:
    """Embeddings, which a large memory gives in half precision, with the output rows of their intents.

    Shapes: vectors (rows, dimension); targets (rows,), int64.
    """

    vectors: Tensor
    targets: Tensor


@dataclass(frozen=True)
class Arrival:
    """What an update brings: `new` rows, the `memory` of the past, what of it is `rehearsed` with them, and what was in
    it but is `outdated`, because a new row gives the same text a label of its own. `moving` are the output rows that
    training is going to move, int64; None are all. The last `drawn` of the rehearsed rows are pseudo-embeddings."""

    new: Labelled
    memory: Labelled
    rehearsed: Labelled
    outdated: Labelled
    moving: Tensor | None = None
    drawn: int = 0

    @property
    def witnessed(self) -> Labelled:
        """The rehearsed rows without pseudo-embeddings, which nothing that learned has seen."""
        real = len(self.rehearsed.targets) - self.drawn
        return Labelled(self.rehearsed.vectors[:real], self.rehearsed.targets[:real])


@dataclass(frozen=True)
class Batch:
    """The rows of one step and what the live head says of them.

    Shapes: rows (batch,), int64, counting the new rows and then the rehearsed ones; logits (batch, intents), with a
    gradient; weights (batch,), summing to 1.
    """

    rows: Tensor
    logits: Tensor
    weights: Tensor


class Penalty(Protocol):
    """The regulariser's state during one update. What has a body here, a member need not have."""

    @property
    def preconditioners(self) -> Sequence[tuple[Tensor, Tensor]]:
        """Output rows, int64, and a matrix in whose coordinates they are best moved, for solvers that can use one.

        Shape of a matrix: (hidden + 1, hidden + 1), the bias last. Rows that are not named move as they are.
        """
        return ()

    def starting(self, head: ClassificationHead) -> Tensor:
        """Where a solver had better begin, if not where `head` is: the output layer as `outputs` gives it."""
        return outputs(head)

    def narrowed(self, rows: Tensor) -> Penalty:
        """The same for a head that has just these output rows. Asked of regularisers that say `by_row` only."""
        raise TypeError(f"{type(self).__name__} cannot hold {len(rows)} output rows alone")

    def __call__(self, head: ClassificationHead, batch: Batch) -> Tensor:
        """A scalar to add to the loss: zero where `head` is as `begin` left it, with a gradient in the live head."""
        ...

    def on_gradient(self, head: ClassificationHead) -> None:
        """Reads or edits the gradients of `head`, which are those of the loss without this penalty."""
        return

    def on_step(self, head: ClassificationHead) -> None:
        """Reads or edits the parameters of `head` after a step; a solver that takes no small steps never calls it."""
        return

    def settle(self, head: ClassificationHead) -> None:
        """Takes `head` from where the solver left it to what is published; the solver calls nothing after it."""
        return

    def carry(self, head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
        """What the next update needs, measured on the finished `head` with the rows that it learned from.

        Shape of weights: (rows,), positive, summing to 1.
        """
        ...

    def missed(self, head: ClassificationHead, learned: Labelled, kept: Labelled) -> State:
        """What the next update also needs: what `learned` said to the finished `head` and those `kept` do not say.

        `kept` are the rows that the next update will rehearse in place of `learned`.
        """
        return {}


class Regularizer(Protocol):
    """A frozen recipe."""

    # Whether what is carried holds only as long as the hidden layer does not train.
    fixes_hidden: ClassVar[bool]
    # Whether it is defined along the small steps of stochastic training, which a convex scope does not take.
    needs_steps: ClassVar[bool]
    # Whether its penalty holds each output row by itself, so that a solver may move some of them (`narrowed`).
    by_row: ClassVar[bool]
    # Whether its penalty is a distillation, which the plan's own would count twice on the exemplars.
    distills: ClassVar[bool]

    def begin(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        """The penalty for leaving `previous`, of which `head` is the grown copy that is going to train.

        A recipe may first place the output rows of `head` where it knows them to belong.
        """
        ...
