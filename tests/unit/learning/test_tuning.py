"""The training of an encoder: what it gains, what holds it, when it stops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from assistant.domain import Split
from assistant.errors import EncoderError, UnknownStrategyError
from assistant.learning.lessons import Lessons
from assistant.learning.plans import UpdatePlan
from assistant.learning.tuning import TuningPlan, tune
from assistant.model.encoder import Encoder, Vectors
from assistant.model.tuned import TrainableEncoder
from assistant.strategies import Spec
from tests.shops import texts

WORDS = ("refund", "delivery", "invoice")
ROWS = [row for word in WORDS for row in texts(word, Split.TRAIN, 12, repeat=3)]
TARGETS = np.array([WORDS.index(row.intent) for row in ROWS], dtype=np.int64)
PLAN = TuningPlan(
    Spec(name="lora").with_options(rank=4, learning_rate=5e-3), epochs=3, batch_size=6, validation=0, distillation=0.0
)


@pytest.fixture(scope="module")
def encoder(tiny_roberta: Path) -> Encoder:
    return Encoder(str(tiny_roberta))


@pytest.fixture(scope="module")
def lessons(encoder: Encoder) -> Lessons:
    said = [row.text for row in ROWS]
    return Lessons(said, TARGETS, encoder.embed(said))


def after(encoder: Encoder, lessons: Lessons, plan: TuningPlan, told: list[int] | None = None) -> Vectors:
    """The embeddings of the lessons by a tuned copy."""
    trainable = TrainableEncoder(encoder)
    tune(trainable, lessons, plan, None if told is None else lambda done, total: told.append(done))
    with torch.no_grad():
        vectors: Vectors = trainable.embedded(trainable.tokens(lessons.texts)).cpu().numpy()
    return vectors


def separation(vectors: Vectors, targets: NDArray[np.int64]) -> float:
    """How much more alike texts of one intent are than those of two."""
    cosines, same = vectors @ vectors.T, targets[:, None] == targets
    return float(cosines[same].mean() - cosines[~same].mean())


def drift(vectors: Vectors, lessons: Lessons) -> float:
    return float(np.square(vectors - lessons.before).sum(axis=1).mean())


def test_texts_of_one_intent_come_together_and_equal_seeds_give_equal_weights(
    encoder: Encoder, lessons: Lessons
) -> None:
    once, again = after(encoder, lessons, PLAN), after(encoder, lessons, PLAN)
    assert separation(once, TARGETS) > separation(lessons.before, TARGETS) + 0.1
    assert (once == again).all()
    assert (encoder.embed(lessons.texts) == lessons.before).all()


@pytest.mark.parametrize("held", [{"distillation": 50.0}, {"anchor": 100.0}])
def test_what_holds_the_past_keeps_embeddings_near_those_before(
    held: dict[str, float], encoder: Encoder, lessons: Lessons
) -> None:
    free, bound = after(encoder, lessons, PLAN), after(encoder, lessons, replace(PLAN, **held))  # type: ignore[arg-type]
    assert 0 < drift(bound, lessons) < 0.5 * drift(free, lessons)


def test_it_stops_when_the_rows_that_judge_gain_nothing(encoder: Encoder, lessons: Lessons) -> None:
    """Labels drawn at random cannot be learned for texts that were never seen."""
    nonsense = replace(lessons, targets=np.random.default_rng(0).permutation(TARGETS))
    plan = replace(PLAN, epochs=8, validation=3, patience=2)
    told: list[int] = []
    stopped = after(encoder, nonsense, plan, told)
    assert max(told[:-1]) < told[-1] / 2  # the last one tells that it is done
    assert drift(stopped, nonsense) < drift(after(encoder, nonsense, replace(plan, validation=0)), nonsense)


def test_an_encoder_that_diverges_is_an_error_that_names_the_rate(encoder: Encoder, lessons: Lessons) -> None:
    wild = replace(PLAN, scope=Spec(name="full").with_options(learning_rate=1e36))
    with pytest.raises(EncoderError, match=r"diverged by step .* learning_rate than 1e"):
        after(encoder, lessons, wild)


def test_gradients_of_several_batches_make_one_step(encoder: Encoder, lessons: Lessons) -> None:
    told: list[int] = []
    after(encoder, lessons, replace(PLAN, accumulate=2), told)
    assert told[-1] == 9  # 36 rows thrice, in steps of two batches of six


def test_the_nightly_plan_says_where_such_a_scope_belongs() -> None:
    with pytest.raises(UnknownStrategyError, match=r"scope 'lora' trains the encoder.*consolidation\.scope"):
        UpdatePlan(scope=Spec(name="lora")).strategies()


@pytest.mark.parametrize(("scope", "rate"), [("full", 5e-4), ("lora", 5e-3)])
def test_half_the_precision_learns_as_much(
    scope: str, rate: float, encoder: Encoder, lessons: Lessons, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(PLAN, scope=Spec(name=scope).with_options(learning_rate=rate))
    gained = {}
    for half in (True, False):
        monkeypatch.setattr("assistant.learning.tuning.gains", lambda device, half=half: half)
        gained[half] = separation(after(encoder, lessons, plan), TARGETS)
    assert gained[True] > separation(lessons.before, TARGETS) + 0.1
    assert gained[True] == pytest.approx(gained[False], abs=0.1)
