"""What is erased is gone: from the memory, from the sums, and from what the head was fitted to."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from assistant.errors import InputError
from assistant.learning.forgetting import erase
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, update
from tests.synthetic import WordEncoder, accuracy, plan, rows

ENCODER = WordEncoder()
EXACT = plan("ewc_exact", scope="output", quarantine=None)
PRIVATE = plan("ewc_exact", "generative", "output")
DIAGONAL = plan("ewc")


@cache
def learner(how: UpdatePlan = EXACT) -> Learner:
    """Twelve rows an intent, all of them kept."""
    return update(Learner.untrained(ENCODER, how), rows("refund", "delivery", "invoice"), how)


def test_erased_texts_leave_the_memory_and_nothing_else_does() -> None:
    gone = {"refund 3", "delivery 7"}
    after = erase(learner(), EXACT, texts=gone)
    assert set(learner().memory.texts) - set(after.memory.texts) == gone
    assert set(after.memory.texts) < set(learner().memory.texts)
    assert after.memory.arrived == {"refund": 11, "delivery": 11, "invoice": 12}


def test_the_sums_are_those_of_a_learner_that_never_saw_the_erased_rows() -> None:
    kept = [row for row in rows("refund", "delivery", "invoice") if row.text not in ("refund 3", "delivery 7")]
    never = update(Learner.untrained(ENCODER, EXACT), kept, EXACT)
    after = erase(learner(), EXACT, texts=["refund 3", "delivery 7"])
    for name in ("gram", "sums"):
        assert torch.allclose(after.carried[name], never.carried[name], atol=1e-4)
        assert not torch.allclose(learner().carried[name], never.carried[name], atol=1e-2)


def test_the_head_forgets_too() -> None:
    """Next to nothing of what one wrong row gave its label is left once that row is erased."""
    odd = type(rows("x")[0])("delivery 500", "refund")
    misled = update(learner(), [odd], EXACT)
    vector = ENCODER.embed([odd.text])

    def logit(of: Learner) -> float:
        return float(of.model.logits(vector)[0][of.model.labels.index("refund")])

    risen = logit(misled) - logit(learner())
    assert risen > 1
    assert abs(logit(erase(misled, EXACT, texts=[odd.text])) - logit(learner())) < 0.1 * risen


@pytest.mark.parametrize("how", [EXACT, DIAGONAL], ids=["exact", "diagonal"])
def test_an_erased_intent_keeps_its_row_and_loses_its_exemplars(how: UpdatePlan) -> None:
    after = erase(learner(how), how, intents=["invoice"])
    assert after.model.labels == learner(how).model.labels
    assert set(after.memory.intents) == {"refund", "delivery"}
    assert after.memory.arrived["invoice"] == 0
    assert accuracy(after, rows("refund", "delivery", count=20, start=300)) >= 0.95


@pytest.mark.parametrize("scope", ["packnet", "progressive"])
def test_scopes_that_freeze_begin_anew_with_what_is_left(scope: str) -> None:
    """What is frozen can take nothing back: only the memory would have forgotten."""
    how = plan("none", scope=scope, memory=3)
    odd = [type(row)(row.text, "refund") for row in rows("parcel", count=6)]
    known = update(learner(how), odd, how)
    asked = [row.text for row in rows("parcel", count=20, start=300)]
    assert {one.intent for one in known.model.predict(asked)} == {"refund"}
    stored = [row for row in rows("refund", "delivery", "invoice") if row.intent != "invoice"]
    after = erase(known, how, texts=[row.text for row in odd], intents=["invoice"], stored=stored)
    never = update(Learner.untrained(ENCODER, how), stored, how)
    assert torch.equal(after.model.logits(ENCODER.embed(asked)), never.model.logits(ENCODER.embed(asked)))
    assert after.memory.arrived == {"refund": 12, "delivery": 12}
    left = {text for text, intent in zip(known.memory.texts, known.memory.intents, strict=True) if intent != "invoice"}
    alone = erase(known, how, texts=[row.text for row in odd], intents=["invoice"])
    assert set(alone.memory.texts) == left - {row.text for row in odd}


def test_an_erased_intent_loses_its_gaussian() -> None:
    before, after = learner(PRIVATE), erase(learner(PRIVATE), PRIVATE, intents=["invoice"])
    assert before.memory.gaussians is not None
    assert after.memory.gaussians is not None
    assert set(before.memory.gaussians) - set(after.memory.gaussians) == {"invoice"}


def test_erasing_all_that_was_ever_learned_is_refused_with_what_to_do() -> None:
    with pytest.raises(InputError, match=r"all 36 rows .* would be erased.* train a first version"):
        erase(learner(), EXACT, intents=["refund", "delivery", "invoice"])


@pytest.mark.parametrize("how", [EXACT, DIAGONAL], ids=["exact", "diagonal"])
def test_all_may_go_where_other_rows_come(how: UpdatePlan) -> None:
    coming = rows("gift", "warranty")
    rest = erase(learner(how), how, intents=["refund", "delivery", "invoice"], coming=coming)
    assert not rest.model.logits(ENCODER.embed(["refund 3", "gift 3"])).any()
    after = update(rest, coming, how)
    assert after.model.labels.intents == (*learner(how).model.labels, "gift", "warranty")
    assert set(after.memory.texts) == {row.text for row in coming}
    assert accuracy(after, rows("gift", "warranty", start=500)) > 0.9


@pytest.mark.parametrize("how", [EXACT, PRIVATE], ids=["exact", "private"])
def test_what_matches_nothing_changes_nothing(how: UpdatePlan) -> None:
    assert erase(learner(how), how, intents=["unheard"], texts=["never said"]) is learner(how)
    assert erase(learner(how), how) is learner(how)


def test_the_learner_before_is_untouched() -> None:
    texts, sums = learner().memory.texts, learner().carried["sums"].clone()
    erase(learner(), EXACT, texts=["refund 3"])
    assert learner().memory.texts == texts
    assert torch.equal(learner().carried["sums"], sums)
