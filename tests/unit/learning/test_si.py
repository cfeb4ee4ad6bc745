"""SI: importance is summed while training goes, from the gradient of the loss alone."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from assistant.errors import UnknownStrategyError
from assistant.learning.plans import UpdatePlan
from assistant.learning.regularizers import Penalty
from assistant.learning.regularizers.quadratic import signed
from assistant.learning.regularizers.si import SynapticIntelligence
from assistant.learning.training import Rows, descend
from assistant.learning.update import Learner, update
from assistant.model.head import ClassificationHead
from tests.heads import NOTHING, TEXTS, WEIGHTS, labelled, small_head
from tests.synthetic import WordEncoder, plan, rows

DAMPING = 0.01
ONE = labelled(1)  # one row, so that every batch has the same loss
SLOW = UpdatePlan(learning_rate=1e-3, least_steps=300, epochs=0, batch_size=2, smoothing=0.0)


def loss(head: ClassificationHead) -> float:
    return functional.cross_entropy(head(ONE.vectors), ONE.targets).item()


def train(head: ClassificationHead, penalty: Penalty) -> None:
    trained = Rows(ONE.vectors, ONE.targets, torch.ones(1), torch.zeros(1, 0, dtype=torch.float64), 1)
    head.dropout.p = 0.0
    descend(head, list(head.parameters()), trained, penalty, SLOW, None)


def test_the_importance_is_the_sum_of_gradient_times_step_over_the_squared_way() -> None:
    head = small_head()
    start = {name: value.detach().clone() for name, value in head.named_parameters()}
    fallen = {name: torch.zeros_like(value) for name, value in start.items()}
    penalty = SynapticIntelligence(damping=DAMPING).begin(head, small_head(0), {}, NOTHING)
    optimizer = torch.optim.AdamW(head.parameters(), lr=0.05)
    for _ in range(5):
        optimizer.zero_grad()
        functional.cross_entropy(head(TEXTS), labelled().targets).backward()  # type: ignore[no-untyped-call]
        before = {name: value.detach().clone() for name, value in head.named_parameters()}
        penalty.on_gradient(head)
        optimizer.step()
        penalty.on_step(head)
        for name, parameter in head.named_parameters():
            assert parameter.grad is not None
            fallen[name] -= parameter.grad * (parameter.detach() - before[name])
    state = penalty.carry(head, labelled(), WEIGHTS)
    for name, parameter in head.named_parameters():
        value, way = state[f"si.{name}"], parameter.detach() - start[name]
        torch.testing.assert_close(value, fallen[name].clamp_min(0) / (way.square() + DAMPING))


@pytest.mark.parametrize("strength", [0.0, 5.0])
def test_over_an_update_it_adds_up_to_how_far_the_loss_fell_whatever_the_penalty_pulls(strength: float) -> None:
    """A gradient that held the penalty's part would add up to the fall of the sum of both."""
    head, previous = small_head(), small_head().requires_grad_(False)
    before = loss(head)
    carried = {name: torch.ones_like(value) for name, value in previous.named_parameters()}
    penalty = SynapticIntelligence(strength, DAMPING).begin(head, previous, signed("si", carried), NOTHING)
    start = {name: value.detach().clone() for name, value in head.named_parameters()}
    train(head, penalty)
    total = torch.zeros(())
    state = penalty.carry(head, ONE, torch.ones(1))
    for name, parameter in head.named_parameters():
        importance, way = state[f"si.{name}"], parameter.detach() - start[name]
        total = total + ((importance - carried[name]) * (way.square() + DAMPING)).sum()
    assert before - loss(head) > 0.005
    assert total.item() == pytest.approx(before - loss(head), rel=0.1)


def test_the_carried_importance_grows_by_what_the_update_gained_and_new_rows_start_from_zero() -> None:
    previous, head = small_head(2).requires_grad_(False), small_head(3)
    carried = {name: torch.full_like(value, 2.0) for name, value in previous.named_parameters()}
    state = SynapticIntelligence().begin(head, previous, signed("si", carried), NOTHING).carry(head, ONE, torch.ones(1))
    assert state["si.out_proj.bias"].tolist() == [2.0, 2.0, 0.0]
    assert torch.equal(state["si.dense.weight"], carried["dense.weight"])


def test_no_pass_over_the_rows_is_made_for_it() -> None:
    """What the rows are makes no difference: the state is complete when training ends."""
    head = small_head()
    penalty = SynapticIntelligence().begin(head, small_head(0), {}, NOTHING)
    train(head, penalty)
    states = [penalty.carry(head, learned, WEIGHTS) for learned in (labelled(), labelled(0))]
    assert states[0]["si.dense.weight"].sum() > 0
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_after_another_regulariser_it_begins_with_half_the_fisher_of_the_memory() -> None:
    """On a quadratic loss, where both are exact, λ/2 Σ F Δ² and c Σ Ω Δ² are then the same penalty."""
    encoder = WordEncoder()
    first = update(Learner.untrained(encoder, plan()), rows("refund", "delivery"), plan())
    after = update(first, rows("gift"), plan("si"))
    assert all((value >= 0).all() for value in after.carried.values())
    assert after.carried["si.out_proj.weight"][:2].sum() > 0


def test_a_scope_that_takes_no_small_steps_is_refused_with_what_to_do() -> None:
    with pytest.raises(UnknownStrategyError, match=r"regularizer 'si'.*scope 'output'.*choose scope head"):
        plan("si", scope="output").strategies()
