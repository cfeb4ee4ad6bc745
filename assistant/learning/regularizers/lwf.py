"""Learning without forgetting (Li & Hoiem 2016): the new model shall say of all rows what the old one says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from assistant.learning.regularizers.base import LARGEST, Arrival, Batch, Labelled, Penalty, State
from assistant.model.head import ClassificationHead


@dataclass(frozen=True, slots=True)
class LearningWithoutForgetting:
    """λ T² KL(before ‖ now) over the intents that the old model knew, on new rows and exemplars alike. Left out are
    rows of an intent that it knew but took for another: they are corrections, to which the paper's tasks have no
    equal, and keeping the old answer there would defend the mistake.

    `strength` is λ >= 0, `temperature` is T > 0, which softens both sides. Nothing is carried: the old model is all
    it needs.
    """

    fixes_hidden: ClassVar[bool] = False
    needs_steps: ClassVar[bool] = False
    by_row: ClassVar[bool] = False
    distills: ClassVar[bool] = True

    strength: Annotated[float, Field(ge=0, le=LARGEST)] = 1.0
    temperature: Annotated[float, Field(gt=0, le=LARGEST)] = 2.0

    @torch.no_grad()
    def begin(
        self, head: ClassificationHead, previous: ClassificationHead, carried: State, arrival: Arrival
    ) -> Penalty:
        teacher = previous(torch.cat([arrival.new.vectors, arrival.rehearsed.vectors]))
        targets = torch.cat([arrival.new.targets, arrival.rehearsed.targets])
        intents = teacher.shape[1]
        right = teacher.argmax(dim=1) == targets if intents else torch.zeros(len(targets), dtype=torch.bool)
        return _Taught(self.strength, self.temperature, teacher, right | (targets >= intents))


@dataclass(frozen=True, eq=False)
class _Taught(Penalty):
    strength: float
    temperature: float
    teacher: Tensor
    kept: Tensor

    def __call__(self, head: ClassificationHead, batch: Batch) -> Tensor:
        each = divergence(batch.logits, self.teacher[batch.rows], self.temperature)
        return self.strength * (batch.weights * self.kept[batch.rows] * each).sum()

    def carry(self, head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
        return {}


def divergence(logits: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """T² KL(before ‖ now) of each row, over the intents of the teacher (Hinton et al. 2015); zero if it knows none.

    Shapes: logits (rows, intents); teacher (rows, old intents) -> (rows,).
    """
    intents = teacher.shape[1]
    now = torch.log_softmax(logits[:, :intents] / temperature, dim=1)
    before = torch.log_softmax(teacher / temperature, dim=1)
    return temperature**2 * functional.kl_div(now, before, reduction="none", log_target=True).sum(dim=1)
