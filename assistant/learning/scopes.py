"""What an update may change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import ClassVar, Protocol

from torch import nn

from assistant.model.classifier import IntentClassifier


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


SCOPES: dict[str, type[TrainableScope]] = {"output": OutputScope, "head": HeadScope}
