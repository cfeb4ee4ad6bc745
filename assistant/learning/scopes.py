"""What an update may change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from torch import nn

from assistant.model.classifier import IntentClassifier


class TrainableScope(Protocol):
    def open(self, model: IntentClassifier) -> AbstractContextManager[list[nn.Parameter]]:
        """The parameters that train inside the context; leaving it freezes them again."""
        ...


@dataclass(frozen=True, slots=True)
class HeadScope:
    """The classification head; the encoder stays frozen, so embeddings are computed once per text."""

    @contextmanager
    def open(self, model: IntentClassifier) -> Iterator[list[nn.Parameter]]:
        parameters = list(model.head.parameters())
        for parameter in parameters:
            parameter.requires_grad_(True)
        model.head.train()
        try:
            yield parameters
        finally:
            model.head.eval()
            for parameter in parameters:
                parameter.requires_grad_(False)
                parameter.grad = None


SCOPES: dict[str, type[TrainableScope]] = {"head": HeadScope}
