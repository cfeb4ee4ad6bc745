"""All that a learner knows, in the space of another encoder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from assistant.learning.consolidation import known_rows, moved
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, update
from assistant.strategies import Spec
from tests.synthetic import WordEncoder, accuracy, plan, rows

PLAN = UpdatePlan(hidden=64, memory=3)
OLD, NEW = rows("refund", "delivery", "invoice"), rows("warranty", "gift")
UNSEEN = rows("refund", "delivery", "invoice", "warranty", "gift", start=500)
FIRST, SECOND = WordEncoder(), WordEncoder(noise=0.4)


def taught(encoder: WordEncoder, how: UpdatePlan = PLAN) -> Learner:
    return update(update(Learner.untrained(encoder, how), OLD, how), NEW, how)


@pytest.mark.parametrize("memory", [3, 20])
def test_with_every_text_still_there_it_is_a_first_version_of_the_other_encoder(memory: int) -> None:
    how = replace(PLAN, memory=memory)
    there = moved(taught(FIRST, how), SECOND, OLD + NEW, how)
    first = update(Learner.untrained(SECOND, how), OLD + NEW, how)
    assert there.carried["ridge"] == first.carried["ridge"]
    vectors = SECOND.embed([row.text for row in UNSEEN])
    columns = [first.model.labels.index(intent) for intent in there.model.labels]  # each in its own order
    assert torch.allclose(there.model.logits(vectors), first.model.logits(vectors)[:, columns], atol=1e-2)


def test_with_the_exemplars_alone_what_was_known_stays_known() -> None:
    before = taught(FIRST)
    after = moved(before, SECOND, known_rows(before, NEW), PLAN)
    assert accuracy(after, UNSEEN) >= accuracy(before, UNSEEN) >= 0.95
    assert after.model.labels == before.model.labels
    assert (after.memory.texts, after.memory.intents) == (before.memory.texts, before.memory.intents)
    assert np.array_equal(after.memory.stored, SECOND.embed(after.memory.texts).astype(np.float16))
    assert after.carried["sums"][:, -1].tolist() == before.carried["sums"][:, -1].tolist()


def test_the_next_night_learns_on_from_it() -> None:
    learner = update(Learner.untrained(FIRST, PLAN), OLD, PLAN)
    after = update(moved(learner, SECOND, known_rows(learner, ()), PLAN), NEW, PLAN)
    assert accuracy(after, UNSEEN) >= 0.95


def test_what_is_moved_from_stays_as_it_is() -> None:
    before = taught(FIRST)
    weights = {name: value.clone() for name, value in before.model.head.state_dict().items()}
    moved(before, SECOND, OLD + NEW, PLAN)
    assert all(torch.equal(value, weights[name]) for name, value in before.model.head.state_dict().items())
    assert not any(parameter.requires_grad for parameter in before.model.head.parameters())


@pytest.mark.parametrize("name", ["ewc", "none"])
def test_any_other_regulariser_starts_afresh_from_the_rows(name: str) -> None:
    how = plan(Spec(name=name))
    assert accuracy(moved(taught(FIRST, how), SECOND, OLD + NEW, how), UNSEEN) >= 0.95


def test_of_one_that_kept_no_text_and_no_sums_the_rows_tell_all() -> None:
    """As when an installation leaves the privacy setting and another regulariser behind."""
    before = taught(FIRST, plan("lwf", "generative"))
    after = moved(before, SECOND, OLD + NEW, PLAN)
    assert accuracy(after, UNSEEN) >= 0.95
