"""No regulariser: the baseline that shows what forgetting is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from assistant.learning.regularizers.base import Penalty, State
from assistant.model.head import ClassificationHead


@dataclass(frozen=True, slots=True)
class NoRegularizer:
    def begin(self, previous: ClassificationHead, carried: State, rehearsal: Tensor) -> Penalty:
        return _nothing

    def carry(self, head: ClassificationHead, carried: State, embeddings: Tensor, weights: Tensor) -> State:
        return {}


def _nothing(head: ClassificationHead) -> Tensor:
    return torch.zeros(())
