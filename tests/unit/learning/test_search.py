"""The strength of the regulariser is found on rows that the trials do not learn, and is neither end of the range."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

import assistant.learning.update as module
from assistant.domain import LabelledText
from assistant.errors import UnknownStrategyError
from assistant.learning.memory import ExemplarMemory
from assistant.learning.plans import UpdatePlan
from assistant.learning.search import FACTORS, SEARCHED, judging, searched
from assistant.learning.update import Learner, learned, update
from assistant.model.classifier import IntentClassifier
from assistant.model.head import outputs
from assistant.strategies import Spec
from tests.synthetic import WordEncoder, accuracy, plan, rows

ENCODER = WordEncoder(noise=1.0)
OLD = tuple(f"old{number}" for number in range(6))
# New rows of an old intent in other words, and a new intent: to learn them the old has to give way a little.
NEWS = [LabelledText(f"warranty {n}", "old0") for n in range(20)] + rows("gift", count=20)
SPRINGS = plan(
    Spec.model_validate({"name": "ewc", "strength": 100.0}), scope="head", replay=0.0, distillation=0.0, hidden=32,
)  # fmt: skip


def first(how: UpdatePlan) -> Learner:
    return update(
        Learner.untrained(ENCODER, replace(how, search="none")), rows(*OLD, count=20), replace(how, search="none")
    )


def test_a_fifth_of_each_intent_judges_and_an_intent_of_few_rows_keeps_them() -> None:
    labelled = rows("refund", count=12) + rows("gift", count=4)
    texts = tuple(row.text for row in labelled)
    memory = ExemplarMemory(texts, tuple(row.intent for row in labelled), ENCODER.embed(texts))
    assert judging(memory) == [4, 9]


@pytest.mark.slow
def test_on_a_stream_that_needs_both_the_strength_found_is_neither_end() -> None:
    before = first(SPRINGS)
    after = update(before, NEWS, replace(SPRINGS, search="strength"))
    found = float(after.carried[SEARCHED])
    assert min(FACTORS) * 100 < found < max(FACTORS) * 100
    least, most = (
        update(
            before, NEWS, replace(SPRINGS, regularizer=Spec.model_validate({"name": "ewc", "strength": 100 * factor}))
        )
        for factor in (min(FACTORS), max(FACTORS))
    )
    judged = rows(*OLD, count=30, start=300)
    news = [LabelledText(f"warranty {n}", "old0") for n in range(300, 330)] + rows("gift", count=30, start=300)
    both = [accuracy(each, judged) + accuracy(each, news) for each in (after, least, most)]
    assert both[0] > both[1]
    assert both[0] > both[2]


def test_what_judges_is_not_learned_by_the_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the new rows it stays away; of the exemplars it leaves memory and sums, as a row that is forgotten does."""
    how = plan("ewc_exact", scope="output", hidden=64, search="strength")
    before = first(how)
    held: list[ExemplarMemory] = []
    given: list[tuple[set[str], set[str]]] = []

    def choosing(
        own: UpdatePlan, trial: Callable[[UpdatePlan], IntentClassifier], judges: ExemplarMemory
    ) -> UpdatePlan:
        held.append(judges)
        return searched(own, trial, judges)

    def learning(previous: Learner, arrived: ExemplarMemory, leaving: Sequence[int], *rest: Any) -> Learner:
        given.append((set(arrived.texts), {previous.memory.texts[row] for row in leaving}))
        return learned(previous, arrived, leaving, *rest)

    monkeypatch.setattr(module, "searched", choosing)
    monkeypatch.setattr(module, "learned", learning)
    update(before, NEWS, how)
    judges, exemplars = held[0], set(before.memory.texts)
    assert {*judges.intents} == {*OLD, "gift"}
    assert len(given) == len(FACTORS) + 1
    for arrived, left in given[:-1]:
        assert arrived == {row.text for row in NEWS} - set(judges.texts)
        assert left == set(judges.texts) & exemplars
    assert given[-1] == ({row.text for row in NEWS}, set())


def test_a_trial_from_a_memory_without_its_judges_is_the_same_trial() -> None:
    how = plan("lwf", scope="output", hidden=64)
    before = first(how)
    leaving = judging(before.memory)
    staying = [row for row in range(len(before.memory)) if row not in leaving]
    news = rows("gift", count=16)
    texts = tuple(row.text for row in news)
    arrived = ExemplarMemory(texts, tuple(row.intent for row in news), ENCODER.embed(texts))
    trial = learned(before, arrived, leaving, how)
    by_hand = learned(replace(before, memory=before.memory.taken(staying)), arrived, [], how)
    assert torch.equal(outputs(trial.model.head), outputs(by_hand.model.head))


def test_nothing_that_could_judge_leaves_the_strength_as_it_is() -> None:
    how = plan("ewc_exact", scope="output", hidden=64, search="strength")
    after = update(Learner.untrained(ENCODER, how), rows("gift", "refund", count=3), how)
    assert SEARCHED not in after.carried or float(after.carried[SEARCHED]) == pytest.approx(0.001)


def test_a_search_without_a_strength_is_refused() -> None:
    with pytest.raises(UnknownStrategyError, match="search 'strength' needs a regularizer that has one"):
        plan("none", scope="output", search="strength").strategies()
    with pytest.raises(UnknownStrategyError, match="unknown search 'strenght'"):
        plan("ewc_exact", scope="output", search="strenght").strategies()
