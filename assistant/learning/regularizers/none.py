"""No regulariser: the baseline that shows what forgetting is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from assistant.learning.regularizers.base import Arrival, Batch, Labelled, Penalty, State
from assistant.model.head import ClassificationHead


@dataclass(frozen=True, slots=True)
class NoRegularizer:
    fixes_hidden: ClassVar[bool] = False
    needs_steps: ClassVar[bool] = False
    by_row: ClassVar[bool] = True
    distills: ClassVar[bool] = False

    def begin(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        return _Nothing()


class _Nothing(Penalty):
    def narrowed(self, rows: Tensor) -> Penalty:
        return self

    def __call__(self, head: ClassificationHead, batch: Batch) -> Tensor:
        return torch.zeros(())

    def carry(self, head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
        return {}
