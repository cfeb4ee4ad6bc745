"""A version as the chat uses it says what the learner says that was saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.errors import CorruptVersionError
from assistant.learning import checkpoint
from assistant.learning.checkpoint import MEMORY, VECTORS
from assistant.learning.update import Learner, update
from assistant.model.artifact import HEAD, MODEL, read_folder
from assistant.model.encoder import TextEncoder
from assistant.model.ranking import Calibration
from assistant.serving import Served, served
from tests.synthetic import WordEncoder, plan, rows

TEXTS = ["refund 99", "delivery 3", "something else", "Ünïcode 你好", "parcel parcel delivery 1"]


@pytest.fixture(scope="module")
def learner() -> Learner:
    made = update(Learner.untrained(WordEncoder(), plan()), rows("refund", "delivery", "parcel"), plan())
    return replace(made, model=made.model.calibrated(Calibration(0.3, made.model.calibration.thresholds)))


@pytest.fixture
def files(learner: Learner, tmp_path: Path) -> dict[str, bytes]:
    checkpoint.save(tmp_path / "v1", learner)
    return read_folder(tmp_path / "v1")


def read(files: dict[str, bytes], encoder: TextEncoder | None = None) -> Served:
    return served(Path("v1"), files, encoder or WordEncoder())


def test_it_predicts_what_the_learner_predicts(learner: Learner, files: dict[str, bytes]) -> None:
    model = read(files).model
    for mine, theirs in zip(model.predict(TEXTS), learner.model.predict(TEXTS), strict=True):
        assert [score.intent for score in mine.ranked] == [score.intent for score in theirs.ranked]
        assert (mine.text, mine.embedding) == (theirs.text, theirs.embedding)
        assert [s.probability for s in mine.ranked] == pytest.approx([s.probability for s in theirs.ranked], abs=1e-5)
    assert model.calibration == learner.model.calibration
    assert [len(each.ranked) for each in model.predict(TEXTS[:2], top=2)] == [2, 2]
    assert model.predict([]) == []


def test_it_judges_rows_as_the_learner_does(learner: Learner, files: dict[str, bytes]) -> None:
    embeddings = WordEncoder().embed(TEXTS)
    intents = ["refund", "delivery", "refund", "unheard of", "parcel"]
    expected = learner.model.accuracy_rows(embeddings, intents)
    np.testing.assert_array_equal(read(files).model.accuracy_rows(embeddings, intents), expected)
    assert 0 < expected.sum() < len(expected)
    assert read(files).model.accuracy_rows(embeddings[:0], []).shape == (0,)


def test_it_has_the_exemplars_of_the_learner(learner: Learner, files: dict[str, bytes]) -> None:
    memory = read(files).memory
    assert (memory.texts, memory.intents) == (learner.memory.texts, learner.memory.intents)
    np.testing.assert_array_equal(memory.vectors, learner.memory.vectors)
    assert memory.nearest(memory.vectors[0], 1)[0].text == memory.texts[0]


def test_large_logits_do_not_overflow(learner: Learner, files: dict[str, bytes]) -> None:
    model = replace(read(files).model, calibration=Calibration(1e-4))
    probabilities = model.probabilities(WordEncoder().embed(TEXTS))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)


@pytest.mark.parametrize("name", [HEAD, MODEL, MEMORY, VECTORS])
def test_an_unreadable_or_missing_file_is_told_with_what_to_do(files: dict[str, bytes], name: str) -> None:
    without = {each: data for each, data in files.items() if each != name}
    for broken in (without, {**files, name: b"[\xff"}):
        with pytest.raises(CorruptVersionError, match=r"version v1 cannot be used: .*unreadable|cannot be read"):
            read(broken)


def test_a_head_with_fewer_rows_than_intents_is_refused(files: dict[str, bytes]) -> None:
    with pytest.raises(CorruptVersionError, match="cannot be read"):
        read({**files, MODEL: files[MODEL].replace(b'"refund"', b'"refund",\n "gift"')})


def test_another_encoder_is_refused(files: dict[str, bytes]) -> None:
    with pytest.raises(CorruptVersionError, match="it was trained with encoder"):
        read(files, WordEncoder(noise=0.1))


def test_few_messages_are_compared_by_the_index_as_many_are_by_a_product(files: dict[str, bytes]) -> None:
    references, embeddings = read(files).model.references, WordEncoder().embed(TEXTS)
    assert references is not None
    assert references.search is not None
    for width in (0, 4):
        by_index, by_product = (
            each.nearness(embeddings, width) for each in (references, replace(references, search=None))
        )
        for found, there in zip(by_index[:2], by_product[:2], strict=True):
            assert found is not None
            assert there is not None
            np.testing.assert_allclose(found, there, atol=1e-5)
            assert len(set(np.round(found, 3))) > 1
