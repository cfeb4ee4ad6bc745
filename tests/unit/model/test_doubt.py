"""Doubt: what was never learned scores higher, the threshold needs no such message, and chat and learning agree."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from assistant.domain import LabelSet
from assistant.errors import CorruptVersionError
from assistant.learning import checkpoint
from assistant.learning.update import Learner, update
from assistant.model.artifact import MODEL, read_folder
from assistant.model.doubt import Doubt, energies
from assistant.model.doubt_fit import FEWEST, fit_doubt
from assistant.model.encoder import Vectors
from assistant.model.references import References
from assistant.serving import served
from tests.synthetic import WordEncoder, plan, rows

KNOWN = ("refund", "delivery", "parcel", "voucher", "invoice", "size", "repair", "complaint")
STRANGE = ("weather", "football", "poetry")
ENCODER = WordEncoder(noise=0.2)
PLAN = plan("ewc_exact", scope="output")


@pytest.fixture(scope="module")
def learner() -> Learner:
    return update(Learner.untrained(ENCODER, PLAN), rows(*KNOWN), PLAN, holdout=rows(*KNOWN, count=25, start=50))


def outside(learner: Learner, *words: str) -> list[float]:
    said = learner.model.predict([row.text for row in rows(*words, count=20, start=90)])
    return [one.outside for one in said if one.outside is not None]


def test_messages_of_intents_never_learned_are_told_apart_without_an_example_of_them(learner: Learner) -> None:
    familiar, strange = outside(learner, *KNOWN), outside(learner, *STRANGE)
    assert (len(familiar), len(strange)) == (160, 60)
    assert np.mean(np.array(familiar) < 0.5) >= 0.9
    assert np.mean(np.array(strange) >= 0.5) >= 0.6
    assert min(strange) > np.quantile(familiar, 0.95)


def test_an_intent_that_was_learned_is_no_longer_strange(learner: Learner) -> None:
    holdout = rows(*KNOWN, "weather", count=25, start=50)
    knows_more = update(learner, rows("weather"), PLAN, holdout=holdout)
    assert np.mean(outside(knows_more, "weather")) < 0.3 < 0.7 < np.mean(outside(learner, "weather"))


def test_the_threshold_is_where_both_are_as_likely(learner: Learner) -> None:
    doubt = learner.model.calibration.doubt
    assert doubt is not None
    assert learner.model.calibration.thresholds.outside == doubt.threshold
    below, at, above = doubt.probabilities(doubt.threshold + np.array([-1.0, 0.0, 1.0]))
    assert below < 0.5 < above
    assert at == pytest.approx(0.5)


def test_chat_and_learning_give_the_same_doubt(learner: Learner, tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "v1", learner)
    chat = served(tmp_path / "v1", read_folder(tmp_path / "v1"), ENCODER).model
    again = checkpoint.load(tmp_path / "v1", ENCODER).model
    texts = [row.text for row in rows(*KNOWN, *STRANGE, count=3, start=90)]
    assert chat.calibration == again.calibration == learner.model.calibration
    for mine, theirs in zip(chat.predict(texts), learner.model.predict(texts), strict=True):
        assert mine.outside_score == pytest.approx(theirs.outside_score, abs=1e-3)
        assert mine.outside == pytest.approx(theirs.outside, abs=1e-3)
    assert again.predict(texts) == learner.model.predict(texts)


def with_calibration(learner: Learner, folder: Path, **changes: object) -> dict[str, bytes]:
    """The files of a saved version after `changes` to its calibration; None takes a key away."""
    checkpoint.save(folder, learner)
    files = read_folder(folder)
    model = json.loads(files[MODEL])
    for name, value in changes.items():
        model["calibration"].pop(name)
        if value is not None:
            model["calibration"][name] = value
    return {**files, MODEL: json.dumps(model).encode()}


def test_a_folder_written_before_there_was_doubt_answers_as_it_did(learner: Learner, tmp_path: Path) -> None:
    files = with_calibration(learner, tmp_path / "v1", doubt=None, plausible_threshold=None)
    model = served(tmp_path / "v1", files, ENCODER).model
    thresholds = model.calibration.thresholds
    assert thresholds.answer == learner.model.calibration.thresholds.answer
    assert (thresholds.plausible, thresholds.outside, model.calibration.doubt) == (None, None, None)
    (said,) = model.predict(["refund 1"])
    assert (said.intent, said.outside, said.outside_score) == ("refund", None, None)


@pytest.mark.parametrize("change", [{"slope": -1.0}, {"energy_deviation": 0.0}, {"slope": "1"}, {"more": 1.0}])
def test_a_doubt_that_cannot_be_a_fitted_one_is_refused(
    learner: Learner, tmp_path: Path, change: dict[str, object]
) -> None:
    doubt = learner.model.calibration.doubt
    assert doubt is not None
    files = with_calibration(learner, tmp_path / "v1", doubt={**asdict(doubt), **change})
    with pytest.raises(CorruptVersionError, match="its model cannot be read"):
        served(tmp_path / "v1", files, ENCODER)


def fitted(count: int = 200, intents: int = 4, references: int = 40) -> Doubt | None:
    random = np.random.default_rng(0)
    targets = np.arange(count) % intents
    logits = random.normal(size=(count, intents)).astype(np.float32)
    logits[np.arange(count), targets] += 5
    return fit_doubt(logits, targets, vectors(targets, 1), known(np.arange(references) % intents, 2), 1.0)


def vectors(targets: NDArray[np.int64], seed: int) -> Vectors:
    """Unit vectors about the axis of each row's intent."""
    found = np.eye(8)[targets] + 0.3 * np.random.default_rng(seed).normal(size=(len(targets), 8))
    unit: Vectors = (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
    return unit


def known(owners: NDArray[np.int64], seed: int) -> References:
    labels = LabelSet(tuple("abcdefgh"))
    return References.of(vectors(owners, seed), [labels.intents[owner] for owner in owners], labels)


def test_with_few_rows_or_a_single_intent_a_version_says_that_it_cannot_tell() -> None:
    assert fitted(FEWEST) is not None
    assert fitted(FEWEST - 1) is None
    assert fitted(intents=1) is None


def test_without_learned_texts_the_energy_counts_alone() -> None:
    doubt = fitted(references=0)
    assert doubt is not None
    assert doubt.distance_deviation == 0
    sure, unsure = np.array([[9.0, 0.0]], dtype=np.float32), np.array([[0.1, 0.0]], dtype=np.float32)
    assert doubt.scores(sure, sure, None) < doubt.scores(unsure, unsure, None)


def test_a_learned_text_does_not_vouch_for_itself() -> None:
    """Calibrated on its own memory, a version would otherwise find every message far away."""
    random = np.random.default_rng(1)
    targets = np.arange(100) % 4
    logits = (random.normal(size=(100, 4)) + 5 * np.eye(4)[targets]).astype(np.float32)
    doubt = fit_doubt(logits, targets, vectors(targets, 1), known(targets, 1), 1.0)
    fresh = fit_doubt(logits, targets, vectors(targets, 2), known(targets, 1), 1.0)
    assert doubt is not None
    assert fresh is not None
    assert doubt.distance_mean == pytest.approx(fresh.distance_mean, abs=0.05)
    assert doubt.isolation_mean == pytest.approx(fresh.isolation_mean, abs=0.05)


def test_both_measures_grow_with_strangeness() -> None:
    assert energies(np.array([[5.0, 0.0]]), 1.0) < energies(np.array([[1.0, 0.0]]), 1.0)
    labels, axes = LabelSet(("a",)), np.eye(3, dtype=np.float32)
    near = References.of(axes[:1], ["a"], labels, axes[2:]).nearness(axes, 0)
    assert near.distance is not None
    assert near.isolation is not None
    assert near.likeness is not None
    assert near.distance.tolist() == [-1.0, 0.0, 0.0]
    assert near.isolation.tolist() == [-1.0, 0.0, 0.0]
    assert near.likeness.tolist() == [0.0, 0.0, 1.0]


def test_what_is_far_for_a_dense_intent_is_usual_for_a_wide_one() -> None:
    """Two messages equally far from the nearest text: only where texts lie close together is that strange."""
    angles = np.radians([0, 1, 2, 3, 90, 110, 150, 170])
    texts = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    references = References.of(texts, ["a"] * 4 + ["b"] * 4, LabelSet(("a", "b")))
    asked = np.radians([-20, 130])
    near = references.nearness(np.stack([np.cos(asked), np.sin(asked)], axis=1).astype(np.float32), 0)
    assert near.distance is not None
    assert near.isolation is not None
    assert near.distance[0] == pytest.approx(near.distance[1], abs=1e-5)
    assert near.isolation[0] > near.isolation[1]


def test_distance_is_taken_in_the_last_layer() -> None:
    texts = np.array([[0.8, 0, 0.6, 0], [0, 0.8, 0, 0.6]], dtype=np.float32)
    references = References.of(texts, ["a", "a"], LabelSet(("a",)))
    asked = np.array([[0.8, 0, 0, 0.6]], dtype=np.float32)  # its first layer is one text's, its last layer the other's
    for width, cosine in ((0, 0.64), (2, 0.36)):
        near = references.nearness(asked, width)
        assert near.distance is not None
        assert near.distance[0] == pytest.approx(-cosine)


def test_the_known_are_accepted_as_before_where_some_are_labelled_out_of_scope(learner: Learner) -> None:
    told = [row.text for row in rows("weather", count=6, start=10)]
    taught = update(learner, [], PLAN, holdout=rows(*KNOWN, count=25, start=50), outside=told)
    accepted = [np.mean(np.array(outside(one, *KNOWN)) < 0.5) for one in (learner, taught)]
    assert accepted[1] >= accepted[0] - 0.02
    assert torch.equal(*(one.model.head.out_proj.weight for one in (learner, taught)))


def test_labelled_messages_without_an_intent_are_kept_with_the_version(learner: Learner, tmp_path: Path) -> None:
    told = [row.text for row in rows("weather", count=6, start=10)]
    taught = update(learner, [], PLAN, holdout=rows(*KNOWN, count=25, start=50), outside=told)
    checkpoint.save(tmp_path / "v1", taught)
    chat = served(tmp_path / "v1", read_folder(tmp_path / "v1"), ENCODER).model
    again = checkpoint.load(tmp_path / "v1", ENCODER).model
    texts = [row.text for row in rows(*KNOWN, "weather", count=2, start=90)]
    assert again.predict(texts) == taught.model.predict(texts)
    for mine, theirs in zip(chat.predict(texts), again.predict(texts), strict=True):
        assert mine.outside == pytest.approx(theirs.outside, abs=1e-3)


def test_energy_is_the_free_energy_at_the_temperature() -> None:
    logits = np.array([[1.0, 2.0, 3.0]], dtype=np.float32)
    assert energies(logits, 2.0)[0] == pytest.approx(-2.0 * np.log(np.exp(logits / 2.0).sum()))
    assert energies(1000 * logits, 1.0)[0] == pytest.approx(-3000.0)


def test_the_learner_before_keeps_its_own_doubt(learner: Learner) -> None:
    before = learner.model.calibration.doubt
    update(learner, rows("weather"), replace(PLAN, seed=1), holdout=rows(*KNOWN, "weather", count=20, start=50))
    assert learner.model.calibration.doubt is before
    assert learner.model.references is not None
    assert np.array_equal(learner.model.references.vectors, learner.memory.vectors)
