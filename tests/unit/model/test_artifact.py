"""Version folders: whole or not at all, read back bit for bit, and refused when anything is off."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from assistant.drafts import draft_of
from assistant.errors import CorruptVersionError
from assistant.learning import checkpoint
from assistant.learning.update import Learner, update
from assistant.model.artifact import HEAD, MANIFEST, MODEL, encoder_source, read_folder, write_folder
from assistant.serving import served
from tests.synthetic import WordEncoder, plan, rows

ENCODER = WordEncoder()
FILES = ("carried.safetensors", "head.safetensors", "manifest.json", "memory.jsonl", "memory.safetensors", "model.json")


@pytest.fixture(scope="module")
def learner() -> Learner:
    """Knows three intents, one text in other scripts and with every separator a line could break at."""
    first = update(Learner.untrained(ENCODER, plan(hidden=16)), rows("refund", "delivery"), plan(hidden=16))
    odd = [*rows("parcel", count=3), *rows("parcel", count=1, start=50)]
    odd = [type(row)(f'{row.text} ünï 包裹\u2028\x85 \\n"', row.intent) for row in odd]
    return update(first, odd, plan(hidden=16))


@pytest.fixture(scope="module")
def saved(learner: Learner, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("versions") / "v1"
    return folder, checkpoint.save(folder, learner)


@pytest.fixture
def folder(saved: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of the saved version, to be damaged."""
    return Path(shutil.copytree(saved[0], tmp_path / "v1"))


def refusal(folder: Path, digest: str | None = None) -> str:
    """What loading says, after checking that it names the folder and what to do."""
    with pytest.raises(CorruptVersionError) as caught:
        checkpoint.load(folder, ENCODER, digest)
    told = str(caught.value)
    assert told.startswith(f"version {folder.name} cannot be used: ")
    assert told.endswith(
        "If it is live, roll back with `assistant rollback`, which a first version cannot; or restore the folder"
        f" {folder} from a backup."
    )
    return told


def rewrite_manifest(folder: Path) -> None:
    """Makes every hash right again, as somebody who alters a version on purpose would."""
    digests = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.name != MANIFEST}
    (folder / MANIFEST).write_text(json.dumps({"format": 1, "files": digests}))


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


@pytest.mark.parametrize("digest", [hashlib.sha256(b"").hexdigest(), hashlib.sha256(b"secret").hexdigest()])
@pytest.mark.parametrize("name", ["../secret", "..", ".", "", "sub/x", "a\0b", "\ud800"])
def test_a_manifest_cannot_reach_outside_its_folder(folder: Path, name: str, digest: str) -> None:
    (folder.parent / "secret").write_bytes(b"secret")
    manifest = json.loads((folder / MANIFEST).read_bytes())
    manifest["files"][name] = digest
    (folder / MANIFEST).write_text(json.dumps(manifest))
    refusal(folder)


def test_a_manifest_cannot_reach_an_absolute_path(folder: Path) -> None:
    secret = folder.parent / "secret"
    secret.write_bytes(b"secret")
    files = {str(secret): hashlib.sha256(b"secret").hexdigest()}
    (folder / MANIFEST).write_text(json.dumps({"format": 1, "files": files}))
    refusal(folder)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"null", b"3", b"[]", b"{}", b'{"files": 3}', b'{"files": null}', b'{"files": "ab"}',
        b'{"files": []}', b'{"files": {}}', b'{"files": ["model.json"]}', b'{"files": {"model.json": 3}}',
        b'{"files": {"model.json": null}}', b"\xff\xfe\xfd", b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_manifest_of_any_other_shape_is_refused(folder: Path, content: bytes) -> None:
    (folder / MANIFEST).write_bytes(content)
    refusal(folder)


def test_a_file_that_is_larger_than_the_memory_is_told(folder: Path) -> None:
    os.truncate(folder / HEAD, 2**35)
    code = (
        "import resource, sys; from pathlib import Path; from assistant.model.artifact import read_folder;"
        "resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33)); read_folder(Path(sys.argv[1]))"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False)
    assert "version v1 cannot be used: its files are larger than the memory" in ended.stderr


@pytest.mark.parametrize("name", sorted(set(FILES) - {MANIFEST}))
@pytest.mark.parametrize("content", [b"", b"{", b"null", b"[]", b'{"a": 1}', b"\xff" * 40, b"[" * 100_000])
def test_a_file_of_any_other_shape_is_refused_even_with_the_right_hash(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    rewrite_manifest(folder)
    refusal(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model.pop("intents"),
        lambda model: model["intents"].pop(),
        lambda model: model.update(intents=["refund", "refund", "parcel"]),
        lambda model: model.update(intents=3),
        lambda model: model["encoder"].pop("fingerprint"),
        lambda model: model.update(encoder="words"),
        lambda model: model["head"].update(hidden=-1),
        lambda model: model["head"].update(hidden=17),
        lambda model: model["head"].update(dropout=7),
        lambda model: model.pop("calibration"),
        lambda model: model.update(calibration=[1]),
        lambda model: model["calibration"].update(temperature=0.0),
        lambda model: model["calibration"].update(temperature=float("nan")),
        lambda model: model["calibration"].update(temperature="warm"),
        lambda model: model["calibration"].update(answer_threshold=float("inf")),
        lambda model: model["calibration"].update(plausible_threshold="often"),
        lambda model: model.update(intents="abc"),
        lambda model: model.update(intents=[1, 2, 3]),
    ],
)
def test_a_description_that_does_not_fit_the_weights_is_refused(
    folder: Path, change: Callable[[dict[str, object]], None]
) -> None:
    model = json.loads((folder / MODEL).read_bytes())
    change(model)
    (folder / MODEL).write_text(json.dumps(model))
    rewrite_manifest(folder)
    refusal(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda model: model["head"].update(hidden="16"),
        lambda model: model["head"].update(columns=["16"]),
        lambda model: model["calibration"].update(temperature=10**400),
    ],
)
@pytest.mark.parametrize("reader", ["learning", "serving"])
def test_a_number_of_another_kind_is_refused(
    folder: Path, reader: str, change: Callable[[dict[str, object]], None]
) -> None:
    model = json.loads((folder / MODEL).read_bytes())
    change(model)
    (folder / MODEL).write_text(json.dumps(model))
    rewrite_manifest(folder)
    with pytest.raises(CorruptVersionError, match="its model cannot be read"):
        if reader == "learning":
            checkpoint.load(folder, ENCODER)
        else:
            served(folder, read_folder(folder), ENCODER)


Arrays = dict[str, torch.Tensor]


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("head", lambda a: a["out_proj.weight"].__setitem__((0, 0), float("nan")), "out_proj.weight .* not finite"),
        ("head", lambda a: a["out_proj.bias"].fill_(float("inf")), "out_proj.bias .* not finite"),
        ("head", lambda a: a.update({"dense.weight": a["dense.weight"].int()}), "int32"),
        ("memory", lambda a: a["vectors"].__setitem__((0, 0), float("nan")), "vectors .* not finite"),
        ("memory", lambda a: a.update(vectors=a["vectors"][:, 1:]), "shape .* but the encoder gives"),
        ("memory", lambda a: a.update(vectors=a["vectors"][:, 0]), "shape"),
        ("memory", lambda a: a.update(vectors=a["vectors"].long()), "int64"),
        ("memory", lambda a: a.update(outside=torch.zeros(1, 3)), "outside has the shape"),
    ],
)
@pytest.mark.parametrize("reader", ["learning", "serving"])
def test_arrays_that_cannot_answer_are_refused_even_with_the_right_hash(
    folder: Path, reader: str, name: str, change: Callable[[Arrays], object], says: str
) -> None:
    file = folder / f"{name}.safetensors"
    arrays = safetensors.torch.load(file.read_bytes())
    change(arrays)
    file.write_bytes(safetensors.torch.save({name: each.contiguous() for name, each in arrays.items()}))
    rewrite_manifest(folder)
    with pytest.raises(CorruptVersionError, match=f"version v1 cannot be used: .*{says}"):
        if reader == "learning":
            checkpoint.load(folder, ENCODER)
        else:
            served(folder, read_folder(folder), ENCODER)


def test_sums_that_are_not_finite_are_refused(folder: Path) -> None:
    file = folder / "carried.safetensors"
    file.write_bytes(safetensors.torch.save({"sums": torch.tensor([float("nan")])}))
    rewrite_manifest(folder)
    assert "sums holds numbers that are not finite" in refusal(folder)


@pytest.mark.parametrize("line", ['["refund 1"]', '[3, "refund"]', '[null, "refund"]', '"ab"', r'["\ud800", "refund"]'])
def test_an_exemplar_that_is_no_text_with_its_intent_is_refused(folder: Path, line: str) -> None:
    file = folder / "memory.jsonl"
    file.write_text("\n".join([line, *file.read_text().split("\n")[1:]]))
    rewrite_manifest(folder)
    assert "its memory is unreadable" in refusal(folder)


def test_a_version_tells_which_encoder_to_load(saved: tuple[Path, str]) -> None:
    assert encoder_source(saved[0], read_folder(*saved)).name == "words"
    for content in (b"", b"{}", b"[" * 100_000):
        with pytest.raises(CorruptVersionError, match="does not say which encoder it is"):
            encoder_source(saved[0], {MODEL: content})


@pytest.mark.parametrize("call", range(1, 9))
def test_a_disk_that_fills_up_at_any_sync_leaves_nothing(
    learner: Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    # six files, the draft folder, the folder above it
    real, calls = os.fsync, iter(range(1, 99))

    def fsync(handle: int) -> None:
        if next(calls) == call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(CorruptVersionError, match=r"version v2 could not be saved to .*: No space left on device") as e:
        checkpoint.save(tmp_path / "v2", learner)
    assert "Free some space or fix the permissions, then run again." in str(e.value)
    assert list(tmp_path.iterdir()) == []
    checkpoint.save(tmp_path / "v2", learner)
    assert next(calls) == call + 9  # eight syncs each: none was left out by counting wrong
    checkpoint.load(tmp_path / "v2", ENCODER)


def test_a_disk_that_fills_up_while_writing_leaves_nothing(
    learner: Learner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[..., object] = Path.open

    class Full:
        def __enter__(self) -> Full:
            return self

        def __exit__(self, *_: object) -> None:
            return None

        def write(self, data: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def open_(path: Path, *arguments: str) -> object:
        return Full() if path.name == "memory.safetensors" else real(path, *arguments)

    monkeypatch.setattr(Path, "open", open_)
    with pytest.raises(CorruptVersionError, match="No space left on device"):
        checkpoint.save(tmp_path / "v2", learner)
    assert list(tmp_path.iterdir()) == []


def test_what_a_crash_left_does_not_disturb_saving_the_same_id(learner: Learner, tmp_path: Path) -> None:
    draft = draft_of(tmp_path / "v2")
    draft.mkdir()
    (draft / "head.safetensors").write_bytes(b"half")
    (draft / "junk").write_bytes(b"junk")
    digest = checkpoint.save(tmp_path / "v2", learner)
    assert sorted(p.name for p in (tmp_path / "v2").iterdir()) == sorted(FILES)
    assert [p.name for p in tmp_path.iterdir()] == ["v2"]
    checkpoint.load(tmp_path / "v2", ENCODER, digest)


def test_a_version_that_exists_is_never_overwritten(saved: tuple[Path, str], folder: Path, learner: Learner) -> None:
    with pytest.raises(CorruptVersionError, match="could not be saved"):
        checkpoint.save(folder, learner)
    assert [p.name for p in folder.parent.iterdir()] == ["v1"]
    checkpoint.load(folder, ENCODER, saved[1])


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CorruptVersionError, match="could not be saved"):
        write_folder(tmp_path / "file" / "v1", {"x": b""})
