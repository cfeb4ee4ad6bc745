"""With many old intents a night trains with the nearest, and the far ones move as the sums say and no further."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from assistant.learning.forgetting import erase
from assistant.learning.memory import ExemplarMemory
from assistant.learning.nearby import nearby
from assistant.learning.regularizers import Labelled, State
from assistant.learning.regularizers.ewc_exact import _Held, opinion
from assistant.learning.regularizers.statistics import Statistics
from assistant.learning.update import Learner, update
from assistant.model.head import ClassificationHead, outputs
from assistant.strategies import Spec
from tests.synthetic import WordEncoder, accuracy, plan, rows

OLD = tuple(f"old{number}" for number in range(10))
NEW = rows("warranty", "gift")
ENCODER = WordEncoder()
HOW = plan("ewc_exact", scope="output", hidden=256)
FIRST = update(Learner.untrained(ENCODER, HOW), rows(*OLD), HOW)
FEW = update(FIRST, NEW, replace(HOW, neighbours=3))


def memory(*intents: str) -> ExemplarMemory:
    labelled = rows(*intents)
    texts = tuple(row.text for row in labelled)
    return ExemplarMemory(texts, tuple(row.intent for row in labelled), ENCODER.embed(texts))


def near_ones(most: int) -> frozenset[str]:
    near = nearby(FIRST.memory, memory("warranty", "gift"), most)
    assert near is not None
    return near


def test_where_no_more_are_there_than_may_take_part_all_do() -> None:
    assert nearby(FIRST.memory, memory("warranty"), len(OLD)) is None
    assert nearby(FIRST.memory, memory("old3", "warranty"), len(OLD) - 1) is None


def test_the_new_intents_and_the_nearest_old_ones_take_part() -> None:
    near = near_ones(3)
    assert {"warranty", "gift"} < near
    assert len(near) == 5
    assert near_ones(2) < near < near_ones(4)


def test_an_old_intent_with_new_rows_takes_part_however_far_it_is() -> None:
    for intent in OLD:
        near = nearby(FIRST.memory, memory("warranty", intent), 1)
        assert near is not None
        assert intent in near


def test_far_rows_end_where_the_sums_put_them_and_near_ones_do_not() -> None:
    sums_only = update(FIRST, NEW, replace(HOW, neighbours=3, iterations=0))
    moved, put = outputs(FEW.model.head), outputs(sums_only.model.head)
    near = near_ones(3)
    for row, intent in enumerate(FEW.model.labels):
        assert torch.equal(moved[row], put[row]) == (intent not in near)


def test_far_rows_take_part_in_the_softmax() -> None:
    """At the optimum no near row wants to move; without the far ones' part of the loss it would."""
    for strength in (0.001, 1.0):
        spec = Spec.model_validate({"name": "ewc_exact", "strength": strength})
        how = replace(HOW, regularizer=spec, neighbours=3, iterations=80)
        few = update(FIRST, NEW, how)
        near = sorted(few.model.labels.index(intent) for intent in near_ones(3))
        weights = (outputs(few.model.head) - regression(few)).requires_grad_()
        learned = [row for row in (*rows(*OLD), *NEW) if row.intent in near_ones(3)]
        targets = torch.tensor([few.model.labels.index(row.intent) for row in learned])
        hidden = few.model.head.hidden(torch.from_numpy(ENCODER.embed([row.text for row in learned])))
        logits = torch.nn.functional.pad(hidden, [0, 1], value=1.0) @ weights.T
        loss = torch.nn.functional.cross_entropy(logits, targets)  # every intent has as many rows
        before, after = sums_of(FIRST), sums_of(few)
        change = torch.cat([weights[: len(OLD)] - (outputs(FIRST.model.head) - regression(FIRST)), weights[len(OLD) :]])
        loss = loss + strength / 2 * ((change @ before.moment) * change)[near].sum()
        loss = loss + 0.001 / 2 * after.moment.diagonal().mean() * weights[near].square().sum()
        loss = loss + (FIRST.carried["missed"].float() * weights[: len(OLD)])[near_old(near)].sum() / len(near)
        (gradient,) = torch.autograd.grad(loss, weights)
        assert float(gradient[near].norm()) < 1e-3


def sums_of(learner: Learner) -> Statistics:
    sums = Statistics.from_state(learner.carried, 256, len(learner.model.labels))
    assert sums is not None
    return sums


def regression(learner: Learner) -> torch.Tensor:
    return opinion(sums_of(learner), float(learner.carried["ridge"]), float(learner.carried["volume"]))


def near_old(near: list[int]) -> list[int]:
    return [row for row in near if row < len(OLD)]


def test_far_intents_are_known_as_well_as_before_and_their_exemplars_stay() -> None:
    assert accuracy(FEW, rows(*OLD, count=20, start=300)) >= accuracy(FIRST, rows(*OLD, count=20, start=300)) - 0.05
    assert accuracy(FEW, rows("warranty", "gift", count=20, start=300)) >= 0.9
    before = dict(zip(FIRST.memory.texts, FIRST.memory.intents, strict=True))
    after = dict(zip(FEW.memory.texts, FEW.memory.intents, strict=True))
    assert before.items() <= after.items()


def test_a_limit_that_nobody_reaches_changes_nothing() -> None:
    free, limited = update(FIRST, NEW, HOW), update(FIRST, NEW, replace(HOW, neighbours=len(OLD)))
    assert torch.equal(outputs(free.model.head), outputs(limited.model.head))
    assert not torch.equal(outputs(free.model.head), outputs(FEW.model.head))


@pytest.mark.parametrize("intents", [(), ("old4",)], ids=["a text", "an intent"])
def test_among_many_intents_what_is_erased_is_gone_as_among_few(intents: tuple[str, ...]) -> None:
    free, limited = (
        erase(FIRST, how, texts=[FIRST.memory.texts[0]], intents=intents) for how in (HOW, replace(HOW, neighbours=3))
    )
    assert len(limited.memory) < len(FIRST.memory)
    assert torch.equal(outputs(free.model.head), outputs(limited.model.head))


@pytest.mark.parametrize("regularizer", ["ewc", "lwf"])
def test_a_regulariser_that_cannot_leave_rows_out_rehearses_all(regularizer: str) -> None:
    how = plan(regularizer, scope="output")
    first = update(Learner.untrained(ENCODER, how), rows(*OLD), how)
    free, limited = update(first, NEW, how), update(first, NEW, replace(how, neighbours=3))
    assert torch.equal(outputs(free.model.head), outputs(limited.model.head))


def test_gaussians_stand_for_intents_without_exemplars() -> None:
    private = plan("ewc_exact", "generative", "output", hidden=256)
    first = update(Learner.untrained(ENCODER, private), rows(*OLD), private)
    few = update(first, NEW, replace(private, neighbours=3))
    assert nearby(first.memory, memory("warranty"), 3) is not None
    assert accuracy(few, rows("warranty", "gift", count=20, start=300)) >= 0.9


def test_a_smaller_memory_says_nothing_of_far_rows_that_leave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[set[int]] = []
    missed = _Held.missed

    def noted(self: _Held, head: ClassificationHead, learned: Labelled, kept: Labelled) -> State:
        said.append(set(kept.targets.tolist()) - set(self.moving.tolist()))
        return missed(self, head, learned, kept)

    monkeypatch.setattr(_Held, "missed", noted)
    update(FIRST, NEW, replace(HOW, neighbours=3, memory=HOW.memory // 2))
    assert said == [set()]
