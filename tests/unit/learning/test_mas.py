"""MAS against autograd, one text at a time, and without a single label."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from assistant.learning.regularizers import Labelled
from assistant.learning.regularizers.mas import MAS, sensitivity
from assistant.learning.regularizers.quadratic import signed
from assistant.model.head import ClassificationHead
from tests.heads import NO_BATCH, NOTHING, TEXTS, WEIGHTS, small_head


def by_hand(head: ClassificationHead) -> dict[str, Tensor]:
    """Σ_x w(x) |∂‖f(x)‖²/∂θ|."""
    names, parameters = zip(*head.named_parameters(), strict=True)
    total = {name: torch.zeros_like(value) for name, value in head.named_parameters()}
    for text, weight in zip(TEXTS, WEIGHTS, strict=True):
        gradients = torch.autograd.grad(head(text[None]).square().sum(), parameters)
        for name, gradient in zip(names, gradients, strict=True):
            total[name] += weight * gradient.abs()
    return total


@pytest.mark.parametrize("intents", [1, 3, 6])
def test_the_importance_is_the_one_computed_by_hand_from_vectors_alone(intents: int) -> None:
    head = small_head(intents)
    measured, expected = sensitivity(head, TEXTS, WEIGHTS), by_hand(head)
    assert list(measured) == list(expected)
    for name, value in expected.items():
        torch.testing.assert_close(measured[name], value, rtol=1e-9, atol=1e-12)


def test_labels_have_no_say() -> None:
    head = small_head()
    penalty = MAS().begin(head, head, {}, NOTHING)
    rows = [Labelled(TEXTS, torch.full((len(TEXTS),), label)) for label in (0, 2)]
    states = [penalty.carry(head, learned, WEIGHTS) for learned in rows]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_penalty_is_the_strength_times_the_weighted_squares() -> None:
    previous = small_head().requires_grad_(False)
    carried = sensitivity(previous, TEXTS, WEIGHTS)
    moved = small_head()
    with torch.no_grad():
        for number, parameter in enumerate(moved.parameters(), start=1):
            parameter.add_(number)
    expected = 8.0 * sum(n**2 * carried[name].sum() for n, name in enumerate(carried, start=1))
    penalty = MAS(strength=8.0).begin(small_head(), previous, signed("mas", carried), NOTHING)
    assert penalty(moved, NO_BATCH).item() == pytest.approx(float(expected))
