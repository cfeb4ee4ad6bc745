"""The strength of a regulariser over an update."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from assistant.errors import UnknownStrategyError
from assistant.learning.regularizers import Batch, Labelled, Penalty, State
from assistant.learning.training import Rows, descend
from assistant.model.head import ClassificationHead
from tests.heads import TEXTS, labelled, small_head
from tests.synthetic import plan


class Listening(Penalty):
    """Hears by what share of its strength it is weighed at each step."""

    def __init__(self) -> None:
        self.shares: list[float] = []

    def __call__(self, head: ClassificationHead, batch: Batch) -> Tensor:
        nothing = (0 * head.out_proj.bias).sum()
        nothing.register_hook(lambda gradient: self.shares.append(gradient.item()))  # type: ignore[no-untyped-call]
        return nothing

    def carry(self, head: ClassificationHead, learned: Labelled, weights: Tensor) -> State:
        return {}


@pytest.mark.parametrize(("schedule", "shares"), [("constant", [1, 1, 1, 1]), ("rising", [0.25, 0.5, 0.75, 1])])
def test_the_strength_is_whole_all_along_or_rises_in_equal_steps_to_the_whole(
    schedule: str, shares: list[float]
) -> None:
    head, penalty = small_head(), Listening()
    rows = Rows(TEXTS, labelled().targets, torch.ones(7), torch.zeros(7, 0, dtype=torch.float64), 7)
    descend(head, list(head.parameters()), rows, penalty, plan(schedule=schedule, least_steps=4, epochs=0), None)
    assert penalty.shares == shares


def test_a_schedule_that_does_not_exist_or_cannot_be_kept_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnknownStrategyError, match=r"schedule 'risnig' \(did you mean 'rising'\?\).*constant, rising"):
        plan(schedule="risnig").strategies()
    with pytest.raises(UnknownStrategyError, match=r"schedule 'rising'.*scope 'output'.*choose scope head"):
        plan(schedule="rising", scope="output").strategies()
    plan(schedule="rising").strategies()
