"""One list of promises about an update, run over every regulariser and every selector."""

from __future__ import annotations

import itertools
import random
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import safetensors.torch
import torch

from assistant.domain import LabelledText
from assistant.errors import UnknownStrategyError
from assistant.learning.checkpoint import load, save
from assistant.learning.plans import UpdatePlan
from assistant.learning.regularizers import REGULARIZERS
from assistant.learning.scopes import SCOPES
from assistant.learning.selection import SELECTORS
from assistant.learning.update import Learner, update
from assistant.model.head import outputs
from assistant.strategies import Spec, build
from tests.synthetic import WordEncoder, accuracy, plan, rows

OLD, NEW = ("refund", "delivery", "invoice"), ("warranty", "gift")
ENCODER = WordEncoder()
FIRST_SESSION, SECOND_SESSION = rows(*OLD), rows(*NEW) + rows("refund", count=3, start=50)


def name_of(how: UpdatePlan) -> str:
    return f"{how.regularizer.name}-{how.selector.name}-{how.scope.name}"


def possible(how: UpdatePlan) -> bool:
    try:
        how.strategies()
    except UnknownStrategyError:
        return False
    return True


# Every regulariser in every scope, and every selector with the default regulariser: the rest are strangers.
COMBINED = [plan(regularizer, "herding", scope) for regularizer, scope in itertools.product(REGULARIZERS, SCOPES)]
COMBINED += [plan("ewc_exact", selector, "output") for selector in SELECTORS if selector != "herding"]
MEMBERS = [how for how in COMBINED if possible(how)]
plans = pytest.mark.parametrize("how", MEMBERS, ids=name_of)
keeping = pytest.mark.parametrize("how", [p for p in MEMBERS if SELECTORS[p.selector.name].keeps_rows], ids=name_of)


@cache
def _first(name: str) -> Learner:
    how = plan(*name.split("-"))
    return update(Learner.untrained(ENCODER, how), FIRST_SESSION, how)


def first(how: UpdatePlan) -> Learner:
    """The learner after one session; computed once for each plan, which is sound as long as updates are pure."""
    return _first(name_of(how))


def weights(learner: Learner) -> bytes:
    return safetensors.torch.save(dict(learner.model.head.state_dict()))


def everything(learner: Learner) -> tuple[object, ...]:
    """All that a version folder holds, and the flags that a careless update leaves behind; comparable bit by bit."""
    head, memory = learner.model.head, learner.memory
    return (
        weights(learner),
        safetensors.torch.save(dict(learner.carried)),
        (learner.model.labels, learner.model.calibration),
        (memory.texts, memory.intents, memory.vectors.tobytes()),
        [(i, g.count, g.mean.tobytes(), g.directions.tobytes()) for i, g in (memory.gaussians or {}).items()],
        (head.training, [(p.requires_grad, p.grad is None) for p in head.parameters()]),
    )


def pairs(learner: Learner) -> set[tuple[str, str]]:
    return set(zip(learner.memory.texts, learner.memory.intents, strict=True))


@plans
def test_the_previous_learner_is_untouched(how: UpdatePlan) -> None:
    previous = first(how)
    before = everything(previous)
    after = update(previous, SECOND_SESSION, how)
    assert everything(previous) == before
    assert weights(after) != weights(previous)


@pytest.mark.parametrize(
    "how",
    [
        how
        for name, scope in itertools.product(REGULARIZERS, SCOPES)
        if possible(how := plan(name, "generative", scope))
    ],
    ids=name_of,
)
def test_every_regulariser_learns_beside_pseudo_embeddings(how: UpdatePlan) -> None:
    after = update(first(how), SECOND_SESSION, how)
    assert accuracy(after, rows(*NEW, count=20, start=300)) > 0.8
    assert len(after.memory) == 0


@plans
def test_a_learner_shares_no_weights_with_the_one_it_came_from(how: UpdatePlan) -> None:
    previous = first(how)
    before = everything(previous)
    after = update(previous, SECOND_SESSION, how)
    with torch.no_grad():
        for parameter in after.model.head.parameters():
            parameter.zero_()
    assert everything(previous) == before


@plans
def test_the_same_seed_gives_the_same_learner_and_another_seed_another(how: UpdatePlan) -> None:
    torch.manual_seed(1)
    once = everything(update(first(how), SECOND_SESSION, how))
    torch.manual_seed(2)  # whatever else drew random numbers meanwhile
    assert everything(update(first(how), SECOND_SESSION, how)) == once
    other = replace(how, seed=1)
    assert weights(update(Learner.untrained(ENCODER, other), FIRST_SESSION, other)) != weights(first(how))


@plans
def test_an_update_draws_nothing_from_the_random_numbers_of_others(how: UpdatePlan) -> None:
    before = first(how)  # made once, by whichever test comes first
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    update(before, rows("refund", count=3, start=50), how)
    assert torch.equal(torch.rand(3), expected)


@plans
def test_the_order_of_the_rows_does_not_matter(how: UpdatePlan) -> None:
    shuffled = list(SECOND_SESSION)
    random.Random(0).shuffle(shuffled)
    assert shuffled != SECOND_SESSION
    assert everything(update(first(how), shuffled, how)) == everything(update(first(how), SECOND_SESSION, how))


@plans
def test_a_row_given_twice_counts_once(how: UpdatePlan) -> None:
    twice = SECOND_SESSION + SECOND_SESSION[:5]
    assert everything(update(first(how), twice, how)) == everything(update(first(how), SECOND_SESSION, how))


@plans
def test_a_learner_read_back_from_its_folder_updates_to_the_same_weights(how: UpdatePlan, tmp_path: Path) -> None:
    """A memory cut short on save, or a carried state that is lost, shows here and nowhere else."""
    save(tmp_path / "version", first(how))
    loaded = load(tmp_path / "version", ENCODER)
    assert everything(update(loaded, SECOND_SESSION, how)) == everything(update(first(how), SECOND_SESSION, how))


@plans
def test_a_finished_learner_is_at_rest_and_read_back_as_it_was(how: UpdatePlan, tmp_path: Path) -> None:
    """Bit by bit, with nothing trainable and no gradient left on it."""
    save(tmp_path / "version", first(how))
    assert everything(load(tmp_path / "version", ENCODER)) == everything(first(how))
    assert not first(how).model.head.training
    assert all(not p.requires_grad and p.grad is None for p in first(how).model.head.parameters())


@pytest.mark.parametrize("name", SCOPES)
def test_leaving_a_scope_freezes_what_it_opened_even_after_an_error(name: str) -> None:
    model = Learner.untrained(ENCODER, plan()).model
    with suppress(KeyError), build(SCOPES, Spec(name=name)).open(model) as parameters:
        assert parameters
        assert all(p.requires_grad for p in parameters)
        assert model.head.training is not SCOPES[name].convex
        torch.cat([p.flatten() for p in parameters]).sum().backward()  # type: ignore[no-untyped-call]
        raise KeyError
    assert not model.head.training
    assert all(not p.requires_grad and p.grad is None for p in model.head.parameters())


@keeping
def test_of_two_labels_for_one_text_the_last_one_given_counts(how: UpdatePlan) -> None:
    text = "warranty 1"
    after = update(first(how), [LabelledText(text, "gift"), LabelledText(text, "warranty")], how)
    assert "gift" not in after.model.labels
    assert (text, "warranty") in pairs(after)


@keeping
def test_every_intent_keeps_the_budget_or_all_that_it_has(how: UpdatePlan) -> None:
    learner = update(first(how), rows("warranty", count=9) + rows("gift", count=2), replace(how, memory=5))
    counts = {intent: learner.memory.intents.count(intent) for intent in learner.model.labels}
    assert counts == {"refund": 5, "delivery": 5, "invoice": 5, "warranty": 5, "gift": 2}
    assert len(pairs(learner)) == 22


@keeping
def test_a_contradiction_is_won_by_the_new_label_and_the_old_exemplar_leaves(how: UpdatePlan) -> None:
    text = first(how).memory.texts[0]
    old = first(how).memory.intents[0]
    after = update(first(how), [LabelledText(text, "complaint")], how)
    assert (text, old) in pairs(first(how))
    assert (text, old) not in pairs(after)
    assert (text, "complaint") in pairs(after)
    assert after.model.predict([text])[0].intent == "complaint"


@keeping
def test_without_replay_the_memory_takes_no_part_in_training(how: UpdatePlan) -> None:
    """Two memories, one model: only with replay do the weights differ."""
    previous = first(how)
    smaller = replace(previous, memory=previous.memory.taken(range(3)))
    off = replace(how, replay=0.0)
    assert weights(update(previous, SECOND_SESSION, off)) == weights(update(smaller, SECOND_SESSION, off))
    assert weights(update(previous, SECOND_SESSION, how)) != weights(update(smaller, SECOND_SESSION, how))


@plans
def test_without_replay_the_memory_is_kept_for_the_next_update(how: UpdatePlan) -> None:
    after = update(first(how), rows(*NEW), replace(how, replay=0.0))
    assert pairs(first(how)) <= pairs(after)


@plans
def test_holdout_rows_calibrate_but_change_no_weight_and_enter_no_memory(how: UpdatePlan) -> None:
    held = rows(*OLD, *NEW, count=6, start=500)
    without, judged = update(first(how), SECOND_SESSION, how), update(first(how), SECOND_SESSION, how, holdout=held)
    assert weights(judged) == weights(without)
    assert pairs(judged) == pairs(without)
    assert safetensors.torch.save(dict(judged.carried)) == safetensors.torch.save(dict(without.carried))
    assert judged.model.calibration != without.model.calibration


@plans
def test_an_update_on_no_rows_knows_and_keeps_what_it_knew(how: UpdatePlan) -> None:
    after = update(first(how), [], how)
    assert after.model.labels == first(how).model.labels
    assert pairs(after) == pairs(first(how))
    assert accuracy(after, FIRST_SESSION) == 1.0


@plans
def test_an_update_of_nothing_on_no_rows_is_nothing(how: UpdatePlan) -> None:
    untrained = Learner.untrained(ENCODER, how)
    assert everything(update(untrained, [], how)) == everything(untrained)


@plans
def test_one_row_of_a_new_intent_is_learned(how: UpdatePlan) -> None:
    after = update(first(how), [LabelledText("warranty 1", "warranty")], how)
    assert after.model.labels.intents == (*first(how).model.labels.intents, "warranty")
    assert after.model.predict(["warranty 1"])[0].intent == "warranty"
    assert accuracy(after, FIRST_SESSION) >= 0.9


@plans
def test_new_rows_of_an_old_intent_are_learned_without_growing(how: UpdatePlan) -> None:
    """A second way to say it, that the first version takes for something else or might."""
    news = [LabelledText(f"reimbursement {n}", "refund") for n in range(12)]
    after = update(first(how), news, how)
    assert after.model.labels == first(how).model.labels
    assert accuracy(after, news) > max(0.9, accuracy(first(how), news))


@plans
def test_both_sessions_are_known_after_the_second(how: UpdatePlan) -> None:
    after = update(first(how), SECOND_SESSION, how)
    assert accuracy(after, rows(*OLD, count=20, start=300)) >= 0.9
    assert accuracy(after, rows(*NEW, count=20, start=300)) >= 0.9


@plans
def test_at_the_moment_of_growth_the_old_rows_are_the_same_bits_and_say_the_same(how: UpdatePlan) -> None:
    model = first(how).model
    embeddings = ENCODER.embed([row.text for row in FIRST_SESSION + SECOND_SESSION])
    grown = model.extended(model.labels.extended(NEW), {i: ENCODER.embed([f"{i} 1", f"{i} 2"]) for i in NEW})
    assert torch.equal(outputs(grown.head)[: len(OLD)], outputs(model.head))
    # Not bit for bit: some processors add up a product of another width in another order.
    torch.testing.assert_close(grown.logits(embeddings)[:, : len(OLD)], model.logits(embeddings), rtol=1e-5, atol=1e-5)


@plans
def test_rows_of_a_published_intent_never_move(how: UpdatePlan) -> None:
    after = update(first(how), rows("appointment", "zip"), how)
    assert after.model.labels.intents[: len(OLD)] == first(how).model.labels.intents


def test_progress_counts_every_step_to_the_last() -> None:
    seen: list[tuple[int, int]] = []
    update(first(plan()), SECOND_SESSION, plan(), progress=lambda done, of: seen.append((done, of)))
    assert seen == [(step, 60) for step in range(1, 61)]
