"""Calibration: the temperature that logits were made with is found again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from assistant.domain import LabelSet, Thresholds
from assistant.model.calibration import ANSWERED_SHARE, COVERED_SHARE, calibrate, plausible
from assistant.model.classifier import IntentClassifier
from assistant.model.encoder import Vectors
from assistant.model.head import ClassificationHead
from assistant.model.ranking import Calibration
from tests.synthetic import WordEncoder

INTENTS = ("a", "b", "c", "d")


class Logits(ClassificationHead):
    """A head that gives its input back as logits."""

    def forward(self, embeddings: torch.Tensor) -> torch.Tensor:
        return embeddings


UNFITTED = Calibration()


def model(calibration: Calibration = UNFITTED) -> IntentClassifier:
    return IntentClassifier(WordEncoder(), Logits(4, 4, 4), LabelSet(INTENTS), calibration)


def drawn(temperature: float, rows: int = 20_000) -> tuple[Vectors, list[str]]:
    """Logits, and labels drawn from softmax(logits / temperature)."""
    random = np.random.default_rng(0)
    logits = (3.0 * random.normal(size=(rows, 4))).astype(np.float32)
    gumbel = random.gumbel(size=(rows, 4))
    return logits, [INTENTS[i] for i in (logits / temperature + gumbel).argmax(axis=1)]


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5, 8.0])
def test_the_temperature_that_drew_the_labels_is_recovered(temperature: float) -> None:
    assert calibrate(model(), *drawn(temperature)).temperature == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize("rows", [5, 50, 300])
def test_a_few_rows_that_are_all_recognised_do_not_make_every_message_sure(rows: int) -> None:
    logits = 4.0 * np.eye(4, dtype=np.float32)[np.arange(rows) % 4]
    fitted = calibrate(model(), logits, [INTENTS[row % 4] for row in range(rows)])
    sure = model(fitted).probabilities(np.array([[4.0, 0, 0, 0], [1.0, 0.5, 0, 0]], dtype=np.float32)).max(axis=1)
    assert sure[0] == pytest.approx((rows + 1) / (rows + 2), abs=1 / rows)  # as sure as so many rows can show
    assert sure[1] < 0.9


def test_a_single_intent_is_certain_and_its_temperature_one() -> None:
    alone = IntentClassifier(WordEncoder(), Logits(1, 1, 1), LabelSet(("a",)))
    assert calibrate(alone, np.ones((3, 1), dtype=np.float32), ["a"] * 3).temperature == 1.0


def test_the_fit_does_not_depend_on_an_earlier_calibration() -> None:
    rows = drawn(2.5, 500)
    assert calibrate(model(Calibration(9.0, Thresholds(0.1))), *rows) == calibrate(model(), *rows)


def test_the_threshold_lets_the_promised_share_of_right_answers_through() -> None:
    logits, intents = drawn(2.0)
    fitted = calibrate(model(), logits, intents)
    probabilities = model(fitted).probabilities(logits)
    right = np.array(INTENTS)[probabilities.argmax(axis=1)] == np.array(intents)
    answered = probabilities.max(axis=1)[right] >= fitted.thresholds.answer
    assert answered.mean() == pytest.approx(ANSWERED_SHARE, abs=0.005)


def test_a_model_that_is_never_right_answers_nothing_by_itself() -> None:
    logits = np.eye(4, dtype=np.float32)
    assert calibrate(model(), logits, ["b", "c", "d", "a"]).thresholds.answer == 1.0


def test_without_rows_the_calibration_stays() -> None:
    kept = Calibration(3.0, Thresholds(0.42))
    assert calibrate(model(kept), np.empty((0, 4), dtype=np.float32), []) is kept


def test_rows_of_unknown_intents_are_ignored() -> None:
    logits, intents = drawn(2.5, 500)
    noise = np.full((100, 4), 50.0, dtype=np.float32)
    mixed = calibrate(model(), np.concatenate([noise, logits]), ["unknown"] * 100 + intents)
    assert mixed == calibrate(model(), logits, intents)


def test_only_unknown_intents_count_as_no_rows() -> None:
    kept = Calibration(3.0, Thresholds(0.42))
    assert calibrate(model(kept), np.ones((2, 4), dtype=np.float32), ["x", "y"]) is kept


def test_a_question_finds_the_intent_of_the_promised_share_of_unsure_messages() -> None:
    logits, intents = drawn(2.0)
    fitted = calibrate(model(), logits[::2], intents[::2])
    probabilities = model(fitted).probabilities(logits[1::2])
    targets = np.array([INTENTS.index(intent) for intent in intents[1::2]])
    unsure = probabilities.max(axis=1) < fitted.thresholds.answer
    own = probabilities[np.arange(len(targets)), targets][unsure]
    assert fitted.thresholds.plausible is not None
    assert (own >= fitted.thresholds.plausible).mean() == pytest.approx(COVERED_SHARE, abs=0.02)


@pytest.mark.parametrize("rows", [120, 250, 1000])
def test_few_rows_keep_the_promise_too(rows: int) -> None:
    """Over many small holdouts the mean share is the promised one, within two points."""
    logits, intents = drawn(2.0)
    targets = np.array([INTENTS.index(intent) for intent in intents])
    powers = np.exp(logits / 2.0)
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    own, sure = probabilities[np.arange(len(targets)), targets], probabilities.max(axis=1)
    answer = float(np.quantile(sure, 0.12))
    found = []
    for seed in range(200):
        part = np.random.default_rng(seed).choice(len(own), rows, replace=False)
        limit = plausible(own[part], sure[part], answer)
        found.append((own[sure < answer] >= limit).mean())
    assert np.mean(found) == pytest.approx(COVERED_SHARE, abs=0.02)


def test_what_is_plausible_takes_fifty_rows_and_lies_between_them() -> None:
    own = np.linspace(0.0, 0.98, 50)
    assert plausible(own, own, answer=1.0) == pytest.approx(own[4] + 0.1 * (own[5] - own[4]))  # 5.1 of 51 rows
    assert plausible(own[:-1], own[:-1], answer=1.0) is None
    assert plausible(own, own, answer=0.0) == pytest.approx(own[0])  # nine rows, of ten one may fall below
