"""Version folders: whole or not at all, read back bit for bit, and refused when anything is off."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from assistant.errors import CorruptVersionError
from assistant.learning import checkpoint
from assistant.learning.update import Learner, update
from assistant.model.artifact import MANIFEST, MODEL, encoder_source, read_folder
from tests.synthetic import WordEncoder, plan, rows
from tests.unit.model.conftest import ENCODER, FILES, refusal, rewrite_manifest


def test_what_is_loaded_is_what_was_saved_bit_for_bit(learner: Learner, saved: tuple[Path, str]) -> None:
    read = checkpoint.load(saved[0], ENCODER, saved[1])
    texts = [row.text for row in rows("refund", "delivery", "parcel", "unheard", start=70)]
    embeddings = ENCODER.embed(texts)
    assert torch.equal(read.model.logits(embeddings), learner.model.logits(embeddings))
    assert read.model.predict(texts) == learner.model.predict(texts)
    assert (read.model.labels, read.model.calibration) == (learner.model.labels, learner.model.calibration)
    assert (read.memory.texts, read.memory.intents) == (learner.memory.texts, learner.memory.intents)
    assert read.memory.vectors.dtype == np.float32
    assert read.memory.vectors.tobytes() == learner.memory.vectors.tobytes()
    assert read.carried.keys() == learner.carried.keys() != set()
    assert all(torch.equal(read.carried[name], learner.carried[name]) for name in learner.carried)


def test_the_next_update_of_a_loaded_version_gives_the_same_weights(learner: Learner, saved: tuple[Path, str]) -> None:
    new = rows("invoice", count=4)
    continued = update(learner, new, plan(hidden=16)).model.head.state_dict()
    restarted = update(checkpoint.load(saved[0], ENCODER), new, plan(hidden=16)).model.head.state_dict()
    assert all(torch.equal(continued[name], restarted[name]) for name in continued)


def test_a_learner_without_intents_memory_and_carried_state_survives_too(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "v0", Learner.untrained(ENCODER, plan(hidden=16)))
    read = checkpoint.load(tmp_path / "v0", ENCODER)
    assert (len(read.model.labels), len(read.memory), read.memory.vectors.shape[1], read.carried) == (0, 0, 16, {})


def test_the_same_learner_gives_the_same_manifest(learner: Learner, saved: tuple[Path, str], tmp_path: Path) -> None:
    assert checkpoint.save(tmp_path / "again", learner) == saved[1]
    assert hashlib.sha256((tmp_path / "again" / MANIFEST).read_bytes()).hexdigest() == saved[1]


def test_the_folder_holds_these_files_and_no_draft_beside_it(saved: tuple[Path, str]) -> None:
    assert sorted(p.name for p in saved[0].iterdir()) == sorted(FILES)
    assert [p.name for p in saved[0].parent.iterdir()] == ["v1"]


@pytest.mark.parametrize("where", ["first", "middle", "last"])
@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_anywhere_is_noticed(saved: tuple[Path, str], folder: Path, name: str, where: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[{"first": 0, "middle": len(data) // 2, "last": -1}[where]] ^= 1
    (folder / name).write_bytes(data)
    assert name in refusal(folder, saved[1])


@pytest.mark.parametrize("size", [0, 1, -1])
@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_noticed(saved: tuple[Path, str], folder: Path, name: str, size: int) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[:size])
    assert name in refusal(folder, saved[1])


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(saved: tuple[Path, str], folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"{name}: No such file" in refusal(folder, saved[1])


def test_a_missing_folder_is_told(folder: Path) -> None:
    shutil.rmtree(folder)
    assert "manifest.json: No such file" in refusal(folder)


def test_files_that_the_manifest_does_not_list_change_nothing(saved: tuple[Path, str], folder: Path) -> None:
    (folder / "manifest.json.bak").write_text("{}")
    (folder / "notes.txt").write_text("do not touch")
    assert set(read_folder(folder, saved[1])) == set(FILES) - {MANIFEST}


def test_a_manifest_of_another_version_is_noticed_however_consistent(
    learner: Learner, saved: tuple[Path, str], folder: Path
) -> None:
    model = json.loads((folder / MODEL).read_bytes())
    model["calibration"]["answer_threshold"] = 0.0
    (folder / MODEL).write_text(json.dumps(model))
    rewrite_manifest(folder)
    assert checkpoint.load(folder, ENCODER).model.calibration.thresholds.answer == 0.0  # consistent in itself
    assert f"manifest.json does not have the recorded sha256 {saved[1]}" in refusal(folder, saved[1])


def test_a_version_of_another_encoder_names_both_and_the_way_out(folder: Path) -> None:
    other = WordEncoder(noise=0.25)
    with pytest.raises(CorruptVersionError) as caught:
        checkpoint.load(folder, other)
    told = str(caught.value)
    assert told.startswith("version v1 cannot be used: it was trained with encoder 'words' (words-0.5),")
    assert "the one loaded is 'words' (words-0.25); set the encoder back, or run `assistant encoder switch`" in told


def test_a_version_tells_which_encoder_to_load(saved: tuple[Path, str]) -> None:
    assert encoder_source(saved[0], read_folder(*saved)).name == "words"
    for content in (b"", b"{}", b"[" * 100_000):
        with pytest.raises(CorruptVersionError, match="does not say which encoder it is"):
            encoder_source(saved[0], {MODEL: content})
