"""What an update may change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Annotated, ClassVar, Protocol, runtime_checkable

from pydantic import Field
from torch import nn

from assistant.learning.frozen import columned, packed
from assistant.learning.regularizers import Arrival, Penalty, State
from assistant.model.classifier import IntentClassifier
from assistant.model.head import ClassificationHead


class TrainableScope(Protocol):
    # Whether the loss is convex in what trains, which is so as long as the hidden activations stay as they are.
    convex: ClassVar[bool]

    def open(self, model: IntentClassifier) -> AbstractContextManager[list[nn.Parameter]]:
        """The parameters that train inside the context; leaving it freezes them again."""
        ...


@dataclass(frozen=True, slots=True)
class OutputScope:
    """The output layer; the hidden layer stays as it was drawn, a random projection (Rahimi & Recht 2007)."""

    convex: ClassVar[bool] = True

    def open(self, model: IntentClassifier) -> AbstractContextManager[list[nn.Parameter]]:
        return _training(model, model.head.out_proj)


@dataclass(frozen=True, slots=True)
class HeadScope:
    """The output layer and its hidden layer; the encoder stays frozen, so embeddings are computed once per text."""

    convex: ClassVar[bool] = False

    def open(self, model: IntentClassifier) -> AbstractContextManager[list[nn.Parameter]]:
        return _training(model, model.head)


@runtime_checkable
class FreezingScope(TrainableScope, Protocol):
    """A scope that says by itself what stays as it is; it takes no regulariser beside."""

    # Whether it can go on from a version that has columns.
    columned: ClassVar[bool]

    def frozen(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        """What holds the old weights while the grown `head` trains; `head` may get new units first."""
        ...


@dataclass(frozen=True, slots=True)
class PackNet:
    """The hidden units that no intent uses yet; of them each update keeps a `share` in (0, 1] and freezes it."""

    convex: ClassVar[bool] = False
    columned: ClassVar[bool] = False

    share: Annotated[float, Field(gt=0, le=1)] = 0.25

    def open(self, model: IntentClassifier) -> AbstractContextManager[list[nn.Parameter]]:
        return _training(model, model.head)

    def frozen(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        return packed(head, previous, carried, arrival, self.share)


@dataclass(frozen=True, slots=True)
class Progressive:
    """A new column of `width` >= 1 hidden units for each update, which reads the input and all older units."""

    convex: ClassVar[bool] = False
    columned: ClassVar[bool] = True

    width: Annotated[int, Field(ge=1)] = 64

    def open(self, model: IntentClassifier) -> AbstractContextManager[list[nn.Parameter]]:
        return _training(model, model.head)

    def frozen(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        return columned(head, previous, arrival, self.width)


@contextmanager
def _training(model: IntentClassifier, part: nn.Module) -> Iterator[list[nn.Parameter]]:
    parameters = list(part.parameters())
    for parameter in parameters:
        parameter.requires_grad_(True)
    model.head.train(part is model.head)  # dropout is for what trains by stochastic gradients
    try:
        yield parameters
    finally:
        model.head.eval()
        for parameter in parameters:
            parameter.requires_grad_(False)
            parameter.grad = None


SCOPES: dict[str, type[TrainableScope]] = {
    "output": OutputScope,
    "head": HeadScope,
    "progressive": Progressive,
    "packnet": PackNet,
}
