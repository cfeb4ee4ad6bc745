"""LwF: the loss by hand, on which rows it lies, and what it keeps."""

from __future__ import annotations

import pytest
import torch

from assistant.learning.regularizers import Arrival, Batch, Labelled
from assistant.learning.regularizers.lwf import LearningWithoutForgetting
from assistant.learning.update import Learner, update
from assistant.strategies import Spec
from tests.heads import NO_ROWS, TEXTS, WEIGHTS, small_head
from tests.synthetic import WordEncoder, accuracy, plan, rows

OLD, NEW = ("refund", "delivery", "invoice", "exchange"), ("warranty", "gift", "coupon")


def test_the_loss_is_the_weighted_divergence_at_the_temperature_over_the_old_intents() -> None:
    previous, head = small_head(3).requires_grad_(False), small_head(5)
    new, kept = Labelled(TEXTS[:4], torch.full((4,), 4)), Labelled(TEXTS[4:], previous(TEXTS[4:]).argmax(dim=1))
    penalty = LearningWithoutForgetting(strength=3.0, temperature=2.0).begin(
        head, previous, {}, Arrival(new, kept, kept, NO_ROWS)
    )
    order = torch.tensor([6, 0, 3])  # an exemplar and two new rows
    expected = torch.zeros(())
    for row, weight in zip(order, WEIGHTS[:3], strict=True):
        before = torch.softmax(previous(TEXTS[row]) / 2, dim=0)
        now = torch.softmax(head(TEXTS[row])[:3] / 2, dim=0)
        expected = expected + 3.0 * 4 * weight * (before * (before / now).log()).sum()
    value = penalty(head, Batch(order, head(TEXTS[order]), WEIGHTS[:3]))
    assert value.item() == pytest.approx(expected.item())


def test_a_correction_of_the_old_model_is_not_held_back() -> None:
    previous, head = small_head(3).requires_grad_(False), small_head(3)
    wrong = (previous(TEXTS).argmax(dim=1) + 1) % 3
    penalty = LearningWithoutForgetting().begin(
        head, previous, {}, Arrival(Labelled(TEXTS, wrong), NO_ROWS, NO_ROWS, NO_ROWS)
    )
    assert penalty(head, Batch(torch.arange(7), 5 * head(TEXTS), WEIGHTS)).item() == 0.0


def test_old_logits_are_kept_better_than_without_it_from_new_rows_alone() -> None:
    """No exemplar is replayed: that the old intents live on is the work of their answers to the new rows."""
    encoder = WordEncoder(noise=1.0)
    first = update(Learner.untrained(encoder, plan()), rows(*OLD), plan())
    vectors = encoder.embed([row.text for row in rows(*OLD, count=40, start=100)])
    kept, changed = [], []
    for strength in (0.0, 1.0):
        spec = Spec.model_validate({"name": "lwf", "strength": strength})
        learner = update(first, rows(*NEW), plan(spec, replay=0.0, distillation=0.0))
        before, now = (torch.softmax(m.logits(vectors)[:, :4], dim=1) for m in (first.model, learner.model))
        changed.append(float((now - before).abs().mean()))
        kept.append(accuracy(learner, rows(*OLD, count=40, start=100)))
    assert changed[1] < 0.7 * changed[0]
    assert kept[1] > kept[0]


def test_the_exemplars_are_distilled_once_whatever_the_plan_adds_of_its_own() -> None:
    first = update(Learner.untrained(WordEncoder(), plan()), rows(*OLD), plan())
    once, twice = (
        update(first, rows(*NEW), plan(Spec(name="lwf"), distillation=weight)).model.head.out_proj.weight
        for weight in (0.0, 2.0)
    )
    assert torch.equal(once, twice)
