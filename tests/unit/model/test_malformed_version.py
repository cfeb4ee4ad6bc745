"""A version of any other shape than was written is refused, even with the right hash."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch

from assistant.errors import CorruptVersionError
from assistant.learning import checkpoint
from assistant.model.artifact import HEAD, MANIFEST, MODEL, read_folder
from assistant.serving import served
from tests.unit.model.conftest import ENCODER, FILES, refusal, rewrite_manifest


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
