"""What plans are measured against, and who can be named in a run."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from assistant.domain import LabelledText
from assistant.errors import InputError
from assistant.evaluation.anchors import ANCHORS, STRENGTHS, JointRetrain, NearestMean
from assistant.evaluation.contenders import REFERENCES, Contender, NightlyUpdate, entries
from assistant.learning.plans import PLANS
from tests.encoders import CentredEncoder

INTENTS = ["bill", "card", "debt", "loan"]
ENCODER = CentredEncoder(spread=1.2)


def rows(first: int, count: int, *intents: str) -> list[LabelledText]:
    return [LabelledText(f"{i} message {n}", i) for n in range(first, first + count) for i in intents or INTENTS]


JUDGED = rows(500, 20)


def answers(contender: Contender, judged: list[LabelledText] = JUDGED) -> list[str]:
    return contender.predict(ENCODER.embed([row.text for row in judged]))


def accuracy(contender: Contender) -> float:
    return float(np.mean([said == row.intent for said, row in zip(answers(contender), JUDGED, strict=True)]))


@pytest.mark.parametrize("name", ANCHORS)
def test_an_anchor_says_the_same_however_the_rows_were_spread_over_nights(name: str) -> None:
    base, later = rows(0, 20, "bill", "card"), rows(0, 20, "debt", "loan")
    halves, pairs = ANCHORS[name](ENCODER, 0), ANCHORS[name](ENCODER, 0)
    for night in (base, later):
        halves.learn(night)
    for night in (base, rows(0, 20, "debt"), rows(0, 20, "loan")):
        pairs.learn(night)
    assert answers(halves) == answers(pairs)
    assert accuracy(halves) > 0.8


def test_the_joint_retrain_is_a_logistic_regression_on_all_rows() -> None:
    joint = JointRetrain(ENCODER, 0)
    for night in (rows(0, 20, "bill", "card"), rows(0, 20, "debt", "loan")):
        joint.learn(night)
    everything = rows(0, 20)
    embeddings = ENCODER.embed([row.text for row in everything])
    intents = [row.intent for row in everything]

    def by_sklearn(strength: float) -> list[str]:
        spread = float(ENCODER.embed([row.text for row in rows(0, 20, "bill", "card")]).std())
        model = LogisticRegression(C=strength / spread**2, tol=1e-6, max_iter=5000).fit(embeddings, intents)
        return list(model.predict(ENCODER.embed([row.text for row in JUDGED])))

    assert answers(joint) in [by_sklearn(strength) for strength in STRENGTHS]


def test_the_joint_retrain_believes_the_last_label_of_a_text() -> None:
    joint = JointRetrain(ENCODER, 0)
    joint.learn(rows(0, 20))
    joint.learn([LabelledText(row.text, "tip") for row in rows(0, 20, "bill")])
    assert "bill" not in answers(joint)
    assert set(answers(joint, rows(500, 20, "bill"))) == {"tip"}


@pytest.mark.parametrize("night", [rows(0, 1, "bill"), rows(0, 20, "bill"), rows(0, 1), rows(0, 5)])
def test_a_first_night_may_be_small(night: list[LabelledText]) -> None:
    for anchor in ANCHORS.values():
        contender = anchor(ENCODER, 0)
        contender.learn(night)
        assert set(answers(contender)) <= {row.intent for row in night}
        contender.learn(rows(0, 20))
        assert accuracy(contender) > 0.8


def test_easy_first_intents_do_not_leave_the_joint_retrain_over_regularised() -> None:
    """Any strength tells two far intents apart; which one is chosen shows in the nights after."""
    crowd = [f"intent{number}" for number in range(40)]
    joint = JointRetrain(ENCODER, 0)
    joint.learn(rows(0, 20, *crowd[:2]))
    joint.learn(rows(0, 20, *crowd[2:]))
    judged = rows(500, 5, *crowd)
    embeddings = ENCODER.embed([row.text for row in rows(0, 20, *crowd)])
    free = LogisticRegression(C=100, max_iter=5000).fit(embeddings, [row.intent for row in rows(0, 20, *crowd)])
    right = np.mean([a == row.intent for a, row in zip(answers(joint, judged), judged, strict=True)])
    assert right >= free.score(ENCODER.embed([row.text for row in judged]), [row.intent for row in judged]) - 0.05


def test_the_nearest_mean_is_that_of_all_rows_by_cosine() -> None:
    contender = NearestMean(ENCODER, 0)
    unequal = [*rows(0, 30, "bill", "card"), *rows(0, 3, "debt", "loan")]
    for start in range(0, len(unequal), 10):
        contender.learn(unequal[start : start + 10])
    embeddings, intents = ENCODER.embed([row.text for row in unequal]), np.array([row.intent for row in unequal])
    means = np.stack([embeddings[intents == intent].mean(axis=0) for intent in INTENTS])
    oracle = KNeighborsClassifier(1, metric="cosine").fit(means, INTENTS)
    assert answers(contender) == list(oracle.predict(ENCODER.embed([row.text for row in JUDGED])))


def test_plans_take_part_with_each_size_of_memory_that_can_matter() -> None:
    found = [(entry.name, entry.memory) for entry in entries(["naive", "sums-only", "joint"], [5, 10])]
    assert found == [("naive", None), ("sums-only", 5), ("sums-only", 10), ("joint", None)]
    assert [(entry.name, entry.memory) for entry in entries(["naive", "joint"], [5])] == [("naive", 5), ("joint", None)]


def test_a_naive_learner_says_the_same_whatever_it_keeps() -> None:
    """Which is why it takes part only once."""

    def said(memory: int) -> list[str]:
        (entry,) = entries(["naive"], [memory])
        contender = entry.start(ENCODER, 0)
        for night in (rows(0, 12, "bill", "card"), rows(0, 12, "debt", "loan")):
            contender.learn(night)
        return answers(contender)

    assert said(1) == said(10)


def test_memory_and_seed_reach_the_plan() -> None:
    (entry,) = entries(["default"], [3])
    contender = entry.start(ENCODER, 9)
    assert isinstance(contender, NightlyUpdate)
    assert (contender._plan.memory, contender._plan.seed) == (3, 9)


def test_every_name_is_a_plan_or_an_anchor_and_every_reference_is_known() -> None:
    assert not set(PLANS) & set(ANCHORS)
    assert set(REFERENCES) <= set(PLANS) | set(ANCHORS)
    with pytest.raises(InputError, match="each once"):
        entries(["joint", "joint"], [5])
