"""K-FAC against the full Fisher, and against its diagonal where parameters matter together."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from assistant.learning.regularizers.ewc import true_fisher
from assistant.learning.regularizers.ewc_kfac import KroneckerEWC, kronecker_factors
from assistant.learning.regularizers.layers import layers, matrices
from assistant.model.head import ClassificationHead
from tests.heads import NO_BATCH, NOTHING, TEXTS, WEIGHTS, labelled, small_head


def full_fisher(head: ClassificationHead, layer: str, texts: Tensor, weights: Tensor) -> Tensor:
    """Σ_x w(x) Σ_y p(y|x) ∇log p ∇log pᵀ of one layer, by autograd; parameters in the order of its matrix, by rows."""
    module = layers(head)[layer]
    size = module.weight.numel() + module.bias.numel()
    total = torch.zeros(size, size, dtype=torch.float64)
    for text, weight in zip(texts, weights, strict=True):
        log_p = functional.log_softmax(head(text[None]), dim=1)[0]
        for intent in range(len(log_p)):
            parts = torch.autograd.grad(log_p[intent], (module.weight, module.bias), retain_graph=True)
            gradient = torch.cat([parts[0], parts[1][:, None]], dim=1).flatten()
            total += weight * log_p[intent].exp().detach() * torch.outer(gradient, gradient)
    return total


@pytest.mark.parametrize("intents", [2, 3, 6])
@pytest.mark.parametrize("layer", ["dense", "out_proj"])
def test_for_one_row_it_is_the_full_fisher_of_the_layer(layer: str, intents: int) -> None:
    head, one = small_head(intents), torch.ones(1, dtype=torch.float64)
    factors = kronecker_factors(head, TEXTS[:1], one, labels=8)
    product = torch.kron(factors[f"{layer}.outputs"], factors[f"{layer}.inputs"])
    torch.testing.assert_close(product, full_fisher(head, layer, TEXTS[:1], one), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("layer", ["dense", "out_proj"])
def test_each_factor_is_the_mean_over_rows_that_the_full_fisher_sums_to(layer: str) -> None:
    """With the bias as an input of 1, the bias' block of the full Fisher is E[ggᵀ]."""
    head = small_head()
    factors = kronecker_factors(head, TEXTS, WEIGHTS, labels=8)
    width = len(factors[f"{layer}.inputs"])
    full = full_fisher(head, layer, TEXTS, WEIGHTS)
    torch.testing.assert_close(factors[f"{layer}.outputs"], full[width - 1 :: width, width - 1 :: width])
    torch.testing.assert_close(factors[f"{layer}.inputs"][-1, -1], torch.tensor(1.0, dtype=torch.float64))


def test_the_penalty_and_its_gradient_are_those_of_the_quadratic_form() -> None:
    previous, head = small_head().requires_grad_(False), small_head()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    factors = kronecker_factors(previous, TEXTS, WEIGHTS, labels=8)
    penalty = KroneckerEWC(strength=8.0).begin(small_head(), previous, factors, NOTHING)
    loss = penalty(head, NO_BATCH)
    loss.backward()  # type: ignore[no-untyped-call]
    expected = torch.zeros(())
    for layer, old in matrices(previous).items():
        fisher = torch.kron(factors[f"{layer}.outputs"], factors[f"{layer}.inputs"])
        moved = (matrices(head)[layer] - old).flatten()
        expected = expected + 8.0 / 2 * moved @ fisher @ moved
        gradient = (8.0 * fisher @ moved).reshape(old.shape)
        torch.testing.assert_close(layers(head)[layer].weight.grad, gradient[:, :-1])
        torch.testing.assert_close(layers(head)[layer].bias.grad, gradient[:, -1])
    assert loss.item() == pytest.approx(expected.item())


def test_it_knows_which_changes_cancel_out_and_the_diagonal_does_not() -> None:
    """All output rows moved alike change no probability."""
    previous, head = small_head().requires_grad_(False), small_head()
    with torch.no_grad():
        head.out_proj.weight += 1.0
    factors = kronecker_factors(previous, TEXTS, WEIGHTS, labels=8)
    assert KroneckerEWC().begin(head, previous, factors, NOTHING)(head, NO_BATCH).item() == pytest.approx(0.0, abs=1e-9)
    assert true_fisher(previous, labelled(), WEIGHTS)["out_proj.weight"].sum() > 0.01


def test_with_many_intents_the_drawn_label_keeps_the_mean_right() -> None:
    """Over many rows of equal kind the estimate comes near what all labels give."""
    head = small_head(6)
    rows = TEXTS[:1].repeat(4000, 1)
    even = torch.full((4000,), 1 / 4000, dtype=torch.float64)
    exact = kronecker_factors(head, rows, even, labels=6)["dense.outputs"]
    few = kronecker_factors(head, rows, even, labels=1)["dense.outputs"]
    assert not torch.equal(few, exact)
    assert (few - exact).norm() < 0.05 * exact.norm()
