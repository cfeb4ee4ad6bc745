"""EWC against arithmetic done by hand: both Fishers, their average over updates, and what strength buys."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from assistant.learning.regularizers import REGULARIZERS, Arrival, Labelled
from assistant.learning.regularizers.ewc import EWC, empirical_fisher, true_fisher
from assistant.learning.regularizers.quadratic import signed
from assistant.learning.update import Learner, update
from assistant.model.head import ClassificationHead
from assistant.strategies import Spec, build
from tests.heads import NO_BATCH, NO_ROWS, NOTHING, TEXTS, WEIGHTS, labelled, small_head
from tests.synthetic import WordEncoder, accuracy, plan, rows


def log_gradients(head: ClassificationHead, text: Tensor, intent: int) -> dict[str, Tensor]:
    """∂log p(intent | text)/∂θ by autograd, for one text."""
    log_p = functional.log_softmax(head(text[None]), dim=1)[0, intent]
    names, parameters = zip(*head.named_parameters(), strict=True)
    return dict(zip(names, torch.autograd.grad(log_p, parameters), strict=True))


def fisher_by_hand(head: ClassificationHead) -> dict[str, Tensor]:
    """Σ_x w(x) Σ_y p(y|x) (∂log p(y|x)/∂θ)², one text and one intent at a time."""
    total = {name: torch.zeros_like(value) for name, value in head.named_parameters()}
    for text, weight in zip(TEXTS, WEIGHTS, strict=True):
        p = torch.softmax(head(text[None]), dim=1)[0].detach()
        for intent in range(len(p)):
            for name, gradient in log_gradients(head, text, intent).items():
                total[name] += weight * p[intent] * gradient.square()
    return total


@pytest.mark.parametrize("intents", [1, 2, 3, 6])
def test_the_fisher_is_the_one_computed_by_hand(intents: int) -> None:
    head = small_head(intents)
    measured, expected = true_fisher(head, labelled(), WEIGHTS), fisher_by_hand(head)
    assert list(measured) == [name for name, _ in head.named_parameters()]
    for name, value in expected.items():
        torch.testing.assert_close(measured[name], value, rtol=1e-9, atol=1e-12)


def test_the_empirical_fisher_takes_the_labels_of_the_rows_instead() -> None:
    head, rows_ = small_head(), labelled()
    expected = {name: torch.zeros_like(value) for name, value in head.named_parameters()}
    for text, weight, label in zip(TEXTS, WEIGHTS, rows_.targets.tolist(), strict=True):
        for name, gradient in log_gradients(head, text, label).items():
            expected[name] += weight * gradient.square()
    for name, value in empirical_fisher(head, rows_, WEIGHTS).items():
        torch.testing.assert_close(value, expected[name], rtol=1e-9, atol=1e-12)


def test_the_option_says_which_fisher_is_carried_and_measured_on_the_memory() -> None:
    head, previous, rows_ = small_head(), small_head().requires_grad_(False), labelled()
    even = torch.full((7,), 1 / 7)
    for option, measure in (("true", true_fisher), ("empirical", empirical_fisher)):
        regularizer = build(REGULARIZERS, Spec.model_validate({"name": "ewc", "strength": 2.0, "fisher": option}))
        arrival = Arrival(NO_ROWS, rows_, rows_, NO_ROWS)
        penalty = regularizer.begin(small_head(), previous, {}, arrival)
        assert torch.equal(penalty.carry(head, rows_, even)["ewc.dense.bias"], measure(head, rows_, even)["dense.bias"])
        moved = small_head()
        with torch.no_grad():
            moved.dense.bias.add_(1.0)
        expected = measure(previous, rows_, even)["dense.bias"].sum()
        assert penalty(moved, NO_BATCH).item() == pytest.approx(expected.item())


@pytest.mark.parametrize("option", ["true", "empirical"])
def test_a_first_version_which_has_no_past_learns_with_either(option: str) -> None:
    chosen = plan(Spec.model_validate({"name": "ewc", "fisher": option}), least_steps=20)
    first = update(Learner.untrained(WordEncoder(), chosen), rows("refund", "delivery"), chosen)
    assert accuracy(first, rows("refund", "delivery", start=100)) == 1.0


def test_the_fisher_is_not_the_square_of_a_mean_gradient() -> None:
    """The common mistake: gradients of different texts cancel, and what matters seems not to."""
    head = small_head()
    labels = head(TEXTS).argmax(dim=1).tolist()
    mistaken = {name: torch.zeros_like(value) for name, value in head.named_parameters()}
    for text, weight, label in zip(TEXTS, WEIGHTS, labels, strict=True):
        for name, gradient in log_gradients(head, text, label).items():
            mistaken[name] += weight * gradient
    for name, value in true_fisher(head, labelled(), WEIGHTS).items():
        assert value.sum() > 1.5 * mistaken[name].square().sum()


def test_no_entry_is_negative_even_where_rounding_would_make_it_so() -> None:
    head = small_head().float()
    with torch.no_grad():
        head.out_proj.weight.copy_(100 + 1e-4 * head.out_proj.weight)
    measured = true_fisher(head, Labelled(TEXTS.float(), labelled().targets), WEIGHTS.float())
    assert all((value >= 0).all() for value in measured.values())


def test_the_penalty_is_half_the_strength_times_the_weighted_squares() -> None:
    previous = small_head().requires_grad_(False)
    carried = true_fisher(previous, labelled(), WEIGHTS)
    moved = small_head()
    with torch.no_grad():
        for number, parameter in enumerate(moved.parameters(), start=1):
            parameter.add_(number)
    expected = sum(n**2 * carried[name].sum() for n, name in enumerate(carried, start=1)) * 8.0 / 2
    penalty = EWC(strength=8.0).begin(small_head(), previous, signed("ewc", carried), NOTHING)
    assert penalty(moved, NO_BATCH).item() == pytest.approx(float(expected))


def test_online_ewc_averages_the_carried_fisher_with_the_new_one_and_new_rows_start_from_zero() -> None:
    head = small_head(3)
    old = {name: value[:2].clone() if name.startswith("out") else value for name, value in fisher_by_hand(head).items()}
    old = {name: 10 * value for name, value in old.items()}
    measured = true_fisher(head, labelled(), WEIGHTS)
    after = EWC(decay=0.25).begin(head, small_head(2), signed("ewc", old), NOTHING).carry(head, labelled(), WEIGHTS)
    torch.testing.assert_close(after["ewc.dense.weight"], 0.75 * measured["dense.weight"] + 0.25 * old["dense.weight"])
    expected = 0.75 * measured["out_proj.weight"]
    expected[:2] += 0.25 * old["out_proj.weight"]
    torch.testing.assert_close(after["ewc.out_proj.weight"], expected)


def test_old_accuracy_rises_with_strength_and_an_enormous_strength_learns_nothing_new() -> None:
    """Two sessions without replay, judged on rows that no update saw."""
    encoder = WordEncoder(noise=1.0)
    old, new = ("refund", "delivery", "invoice", "exchange"), ("warranty", "gift", "coupon")
    first = update(Learner.untrained(encoder, plan()), rows(*old), plan())
    kept, gained = [], []
    for strength in (0.0, 100.0, 1e8):
        spec = Spec.model_validate({"name": "ewc", "strength": strength})
        learner = update(first, rows(*new), plan(spec, replay=0.0))
        kept.append(accuracy(learner, rows(*old, count=40, start=100)))
        gained.append(accuracy(learner, rows(*new, count=40, start=100)))
    assert kept[0] < kept[1] <= kept[2]
    assert gained[2] < gained[1] - 0.1
