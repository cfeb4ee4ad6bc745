"""A version folder stays small: what it holds in half precision, it holds to the last bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from assistant.domain import LabelledText, LabelSet
from assistant.learning import checkpoint
from assistant.learning.memory import ExemplarMemory
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, update
from assistant.model.artifact import read_folder, write_folder
from assistant.model.precision import rounded, stored
from assistant.model.references import References
from assistant.services.benchmarks.cost import Size, SyntheticEncoder, grown_up
from assistant.serving import served

INTENTS, MOST_BYTES = 150, 25_000_000
TEXT_BYTES = 100  # of a customer's message, where a synthetic text has but a few
ENCODER = SyntheticEncoder(INTENTS, 1152)
PLAN = UpdatePlan(iterations=1)


@pytest.fixture(scope="module")
def learner() -> Learner:
    """150 intents with 20 exemplars each, the last of which came with a night of the default plan's sizes."""
    before = grown_up(ENCODER, Size(INTENTS - 1), PLAN)
    return update(before, [LabelledText(f"{INTENTS - 1} {n}", str(INTENTS - 1)) for n in range(30)], PLAN)


@pytest.fixture(scope="module")
def folder(learner: Learner, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("versions") / "v1"
    checkpoint.save(folder, learner)
    return folder


def test_a_version_of_150_intents_takes_at_most_25_megabytes(learner: Learner, folder: Path) -> None:
    assert (len(learner.model.labels), len(learner.memory)) == (INTENTS, 20 * INTENTS)
    taken = sum(file.stat().st_size for file in folder.iterdir())
    assert taken + TEXT_BYTES * len(learner.memory) <= MOST_BYTES


def test_what_is_stored_in_half_precision_comes_back_to_the_last_bit(learner: Learner, folder: Path) -> None:
    read = checkpoint.load(folder, ENCODER)
    assert torch.equal(read.model.head.dense.weight, learner.model.head.dense.weight)
    assert torch.equal(read.model.head.out_proj.weight, learner.model.head.out_proj.weight)
    assert read.memory.stored.tobytes() == learner.memory.stored.tobytes()
    assert read.model.predict(["3 1", "149 99"]) == learner.model.predict(["3 1", "149 99"])
    assert served(folder, read_folder(folder), ENCODER).model.dense.dtype == np.float32


def test_a_folder_in_single_precision_can_still_be_read(learner: Learner, folder: Path, tmp_path: Path) -> None:
    files = read_folder(folder)
    for name in ("head.safetensors", "memory.safetensors"):
        tensors = safetensors.torch.load(files[name])
        wide = {key: value.float() if value.dtype is torch.float16 else value for key, value in tensors.items()}
        assert len(safetensors.torch.save(wide)) > len(files[name])
        files[name] = safetensors.torch.save(wide)
    write_folder(tmp_path / "v1", files)
    read = checkpoint.load(tmp_path / "v1", ENCODER)
    assert torch.equal(read.model.head.dense.weight, learner.model.head.dense.weight)
    assert read.memory.stored.tobytes() == learner.memory.stored.tobytes()


def test_weights_that_half_precision_would_change_stay_in_single_precision() -> None:
    weights = torch.tensor([0.1, 1 / 3, 1.0, 0.0])
    assert torch.equal(stored(weights), weights)
    assert stored(rounded(weights)).dtype is torch.float16
    assert torch.equal(stored(rounded(weights)).float(), rounded(weights))
    assert stored(torch.arange(3)).dtype is torch.int64


def test_a_memory_holds_embeddings_so_closely_that_cosines_stay() -> None:
    vectors = ENCODER.around(list(range(100)), [5])
    memory = ExemplarMemory(tuple("ab" * 50), tuple("ab" * 50), vectors)
    assert memory.vectors.dtype == np.float32
    assert np.abs(memory.vectors @ vectors.T - vectors @ vectors.T).max() < 5e-5


def test_nearness_to_half_precision_texts_by_blocks_is_that_to_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, texts = ENCODER.around([0, 1, 2, 2], [1]), ENCODER.around([n % 4 for n in range(30)], [2]).astype(np.float16)
    labels, intents = LabelSet(("a", "b", "c", "d")), ["abcd"[n % 4] for n in range(30)]
    whole = References.of(texts, intents, labels)
    monkeypatch.setattr("assistant.model.references.BLOCK", 7)
    monkeypatch.setattr("assistant.model.references.CHUNK", 3)
    monkeypatch.setattr("assistant.model.references.WIDE", 0)
    blocks = References.of(texts, intents, labels)
    assert whole.vectors.dtype == np.float32
    assert blocks.vectors.dtype == np.float16
    for width, without in ((0, None), (8, np.array([0, 1, 2, 2]))):
        once, parts = (r.nearness(rows, width, without=without) for r in (whole, blocks))
        for there, found in zip(once[:2], parts[:2], strict=True):
            assert there is not None
            assert found is not None
            np.testing.assert_allclose(found, there, atol=1e-6)
