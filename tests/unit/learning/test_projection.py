"""Projection: old logits stay, whatever the optimiser does, and the subspace is no larger than it must be."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from assistant.learning.regularizers.projection import spanning
from assistant.learning.update import Learner, update
from assistant.strategies import Spec
from tests.synthetic import WordEncoder, accuracy, plan, rows

OLD, NEW = ("refund", "delivery", "invoice", "exchange"), ("warranty", "gift", "coupon")
GENERATOR = torch.Generator().manual_seed(2)


def spectrum(*energies: float) -> Tensor:
    """Rows whose second moment, each row weighing 1, has these energies."""
    axes: Tensor = torch.linalg.qr(torch.randn(8, 8, generator=GENERATOR))[0]
    return torch.tensor(energies).sqrt()[:, None] * axes[: len(energies)]


@pytest.mark.parametrize(("threshold", "directions"), [(0.5, 1), (0.61, 2), (0.89, 2), (0.97, 3), (1.0, 4)])
def test_the_subspace_has_the_fewest_directions_that_hold_the_energy(threshold: float, directions: int) -> None:
    rows_ = spectrum(6.0, 3.0, 0.8, 0.2)
    basis = spanning(torch.zeros(0, 8), rows_, torch.ones(4), threshold)
    assert basis.shape == (directions, 8)
    torch.testing.assert_close(basis @ basis.T, torch.eye(directions), atol=1e-5, rtol=0)
    assert float((rows_ @ basis.T).square().sum()) >= (threshold - 1e-5) * 10.0


def test_it_grows_only_by_what_new_inputs_bring_and_keeps_what_it_had() -> None:
    first = spanning(torch.zeros(0, 8), spectrum(6.0, 3.0), torch.ones(2), 0.99)
    assert torch.equal(spanning(first, torch.ones(3, 2) @ first, torch.ones(3), 0.99), first)
    second = spanning(first, spectrum(5.0, 1.0), torch.ones(2), 0.99)
    assert torch.equal(second[:2], first)
    torch.testing.assert_close(second @ second.T, torch.eye(len(second)), atol=1e-5, rtol=0)


def change(threshold: float | None, scope: str) -> tuple[float, float]:
    """By how much the old logits of old rows change in an update without replay at most; what it learns of the new."""
    encoder = WordEncoder(noise=1.0)
    spec = (
        Spec(name="none") if threshold is None else Spec.model_validate({"name": "projection", "threshold": threshold})
    )
    how = plan(spec, scope=scope, replay=0.0, distillation=0.0)
    first = update(Learner.untrained(encoder, how), rows(*OLD, count=6), how)
    second = update(first, rows(*NEW, count=6), how)
    old = encoder.embed([row.text for row in rows(*OLD, count=6)])
    moved = second.model.logits(old)[:, : len(OLD)] - first.model.logits(old)
    return float(moved.abs().max()), accuracy(second, rows(*NEW, count=6))


@pytest.mark.parametrize("scope", ["output", "head"])
def test_old_logits_of_old_rows_change_by_no_more_than_rounding_while_the_new_is_learned(scope: str) -> None:
    """AdamW scales each coordinate by itself: projecting gradients alone would not keep this."""
    moved, learned = change(1.0, scope)
    assert moved < 1e-3
    assert learned > 0.8
    assert change(None, scope)[0] > 0.1


def test_a_lower_threshold_lets_them_change_more_but_less_than_without() -> None:
    tight, loose, free = (change(threshold, "head")[0] for threshold in (0.99, 0.9, None))
    assert tight < loose < free
