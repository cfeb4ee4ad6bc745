"""Streams in which the encoder trains too, on the tiny RoBERTa."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.domain import Split
from assistant.errors import EncoderError, InputError
from assistant.evaluation.consolidating import ConsolidatingNights, JointFineTune
from assistant.evaluation.contenders import Contender, entries
from assistant.learning.plans import UpdatePlan
from assistant.learning.tuning import TuningPlan
from assistant.model.encoder import CachedEncoder, Encoder
from assistant.strategies import Spec
from tests.encoders import CentredEncoder
from tests.shops import CLEARLY, texts

NIGHTS = [("refund", "delivery"), ("invoice",), ("gift",)]
TUNING = TuningPlan(Spec(name="lora").with_options(rank=4, learning_rate=5e-3), epochs=1, batch_size=8)


@pytest.fixture(scope="module")
def encoder(tiny_roberta: Path) -> Encoder:
    return Encoder(str(tiny_roberta))


def lived(contender: Contender) -> list[str]:
    """The fingerprint of the encoder after each night; all that came is known at the end."""
    found = []
    for words in NIGHTS:
        contender.learn([row for word in words for row in texts(word, Split.TRAIN, 10, repeat=CLEARLY)])
        found.append(contender.encoder.fingerprint)
    asked = [row for words in NIGHTS for word in words for row in texts(word, Split.HOLDOUT, 6, repeat=CLEARLY)]
    said = contender.predict(contender.encoder.embed([row.text for row in asked]))
    assert np.mean([intent == row.intent for intent, row in zip(said, asked, strict=True)]) >= 0.9
    return found


@pytest.mark.slow
def test_the_encoder_trains_every_so_many_th_night_and_what_was_known_stays_known(encoder: Encoder) -> None:
    plan = UpdatePlan(hidden=64, memory=4)
    first, second, third = lived(ConsolidatingNights(CachedEncoder(encoder), 0, plan, TUNING, every=2))
    assert first == second == encoder.fingerprint != third


@pytest.mark.slow
def test_the_joint_fine_tune_starts_from_the_first_encoder_each_time(encoder: Encoder) -> None:
    first, second, third = lived(JointFineTune(CachedEncoder(encoder), 0))
    assert len({first, second, third}) == 3
    assert first == encoder.fingerprint


def test_an_encoder_that_is_no_torch_model_cannot_train() -> None:
    contender = JointFineTune(CentredEncoder(), 0)
    contender.learn(texts("refund", Split.TRAIN, 3) + texts("invoice", Split.TRAIN, 3))
    with pytest.raises(EncoderError, match="cannot be trained"):
        contender.learn(texts("gift", Split.TRAIN, 3))


def test_every_zero_nights_is_no_answer() -> None:
    with pytest.raises(InputError, match="consolidate = 0: give every how many nights"):
        entries(["default"], [20], consolidate=0)
    assert [entry.title for entry in entries(["joint-fine-tune"], [20])] == ["joint-fine-tune"]
