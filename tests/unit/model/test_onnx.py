"""Serving by ONNX Runtime: the embeddings of torch, from files that are verified, or torch itself."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel

from assistant.errors import EncoderError
from assistant.model import exports, onnx_export
from assistant.model.artifact import read_folder, write_folder
from assistant.model.encoder import EMBEDDED, Encoder, TextEncoder
from assistant.model.exports import TOLERANCE, Exports
from assistant.model.onnx_encoder import DESCRIPTION, GRAPH, OnnxEncoder, threads
from assistant.model.onnx_export import export
from assistant.services.rows.corpus import read_corpus
from tests.tiny_roberta import HIDDEN, build

TEXTS = [
    "Where is my parcel?",
    "x",
    "",
    " \t ",
    "Ünïcode – 你好 😀 \u200d e\u0301",
    "<s> [CLS] </s> <pad> <mask>",
    "a much longer message " * 90,
    *(f"{'word ' * (17 * n % 23)}{n}" for n in range(40)),
]


@pytest.fixture(scope="module")
def torch_encoder(tiny_roberta: Path) -> Encoder:
    return Encoder(str(tiny_roberta))


@pytest.fixture(scope="module")
def files(torch_encoder: Encoder) -> dict[str, bytes]:
    return export(torch_encoder)


@pytest.fixture
def cache(tmp_path: Path, torch_encoder: Encoder) -> Path:
    """A folder that holds the export already."""
    assert isinstance(served(tmp_path, torch_encoder), OnnxEncoder)
    return tmp_path


def served(folder: Path, encoder: Encoder, *, may_load: bool = True) -> TextEncoder:
    def load() -> Encoder:
        assert may_load, "torch was asked"
        return encoder

    return Exports(folder).encoder(encoder.fingerprint, load)


@pytest.mark.parametrize(
    ("setting", "number"), [("4", 4), ("4,2", 4), (" 3 ", 3), ("", 0), ("0", 0), ("-1", 0), (",2", 0), ("many", 0)]
)
def test_the_number_of_threads_is_read_as_openmp_reads_it(
    setting: str, number: int, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert threads(setting) == number
    monkeypatch.setenv("OMP_NUM_THREADS", setting)
    assert OnnxEncoder(files).embed(["x"]).shape == (1, 3 * HIDDEN)


def assert_equal(onnx: TextEncoder, torch: TextEncoder, texts: list[str]) -> None:
    together, apart = onnx.embed(texts), np.concatenate([onnx.embed([text]) for text in texts])
    expected = torch.embed(texts)
    np.testing.assert_allclose(together, expected, atol=TOLERANCE)
    np.testing.assert_allclose(apart, expected, atol=TOLERANCE)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("cls_pooling", [False, True])
def test_a_roberta_folder_is_embedded_as_torch_embeds_it(tmp_path: Path, layers: int, cls_pooling: bool) -> None:
    encoder = Encoder(str(build(tmp_path / "model", cls_pooling=cls_pooling)), layers=layers)
    onnx = OnnxEncoder(export(encoder))
    assert (onnx.name, onnx.fingerprint, onnx.dimension) == (encoder.name, encoder.fingerprint, layers * HIDDEN)
    assert_equal(onnx, encoder, TEXTS)


@pytest.mark.parametrize("precision", [torch.float16, torch.bfloat16])
def test_weights_in_half_precision_are_served_too_and_nothing_is_said_of_them(
    tiny_roberta: Path, tmp_path: Path, precision: torch.dtype, caplog: pytest.LogCaptureFixture
) -> None:
    """As many models lie on the hub."""
    folder = Path(shutil.copytree(tiny_roberta, tmp_path / "half"))
    AutoModel.from_pretrained(tiny_roberta).to(precision).save_pretrained(folder)
    encoder = Encoder(str(folder))
    onnx = served(tmp_path, encoder)
    assert isinstance(onnx, OnnxEncoder)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert_equal(onnx, encoder, TEXTS)
    AutoModel.from_pretrained(folder).float().save_pretrained(folder)
    single = Encoder(str(folder))
    np.testing.assert_array_equal(single.embed(TEXTS), encoder.embed(TEXTS))
    assert single.fingerprint != encoder.fingerprint  # that of the weights as they lie there, which versions have kept


@pytest.mark.slow
def test_the_embedded_encoder_is_embedded_as_torch_embeds_it(tmp_path: Path) -> None:
    encoder = Encoder(EMBEDDED)
    texts = [*TEXTS, *(row.text for row in read_corpus().holdout[:30])]
    assert_equal(served(tmp_path, encoder), encoder, texts)
    assert_equal(served(tmp_path, encoder, may_load=False), encoder, TEXTS[:4])


def test_no_texts_give_no_rows_of_the_right_width(files: dict[str, bytes], torch_encoder: Encoder) -> None:
    assert OnnxEncoder(files).embed([]).shape == (0, torch_encoder.dimension)


def test_progress_reaches_the_number_of_texts(files: dict[str, bytes]) -> None:
    seen: list[tuple[int, int]] = []
    OnnxEncoder(files, batch_size=8).embed(["same"] * 19, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(8, 19), (16, 19), (19, 19)]


def test_an_export_is_made_once_and_told(
    tmp_path: Path, torch_encoder: Encoder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    first = served(tmp_path, torch_encoder)
    assert [record.message for record in caplog.records if record.name == exports.__name__] == [
        f"exporting encoder {torch_encoder.name} for ONNX Runtime; this takes some seconds, once"
    ]
    second = served(tmp_path, torch_encoder, may_load=False)
    np.testing.assert_array_equal(first.embed(TEXTS), second.embed(TEXTS))


@pytest.mark.parametrize("name", [GRAPH, DESCRIPTION, "tokenizer.json", "manifest.json"])
@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data.replace(b"e", b"f", 1), None])
def test_a_damaged_export_is_made_anew(
    cache: Path, torch_encoder: Encoder, name: str, damage: object, caplog: pytest.LogCaptureFixture
) -> None:
    (file,) = cache.glob(f"*/{name}")
    whole = file.read_bytes()
    if callable(damage):
        file.write_bytes(damage(whole))
    else:
        file.unlink()
    assert_equal(served(cache, torch_encoder), torch_encoder, TEXTS)
    assert "cannot be used and is made anew" in caplog.text
    assert_equal(served(cache, torch_encoder, may_load=False), torch_encoder, TEXTS)


@pytest.mark.parametrize("altered", [{"dimension": 5}, {"tokens": 10**6}])
def test_an_export_that_is_whole_and_cannot_embed_is_made_anew(
    cache: Path, torch_encoder: Encoder, altered: dict[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    (kept,) = cache.iterdir()
    kept_files = read_folder(kept)
    shutil.rmtree(kept)
    described = {**json.loads(kept_files[DESCRIPTION]), **altered}
    write_folder(kept, {**kept_files, DESCRIPTION: json.dumps(described).encode()})
    assert_equal(served(cache, torch_encoder), torch_encoder, TEXTS)
    assert "cannot be used and is made anew" in caplog.text
    assert_equal(served(cache, torch_encoder, may_load=False), torch_encoder, TEXTS)


def test_what_a_killed_export_left_is_deleted_by_the_next(tmp_path: Path, torch_encoder: Encoder) -> None:
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    half = tmp_path / f".draft-{killed.pid}-{'0' * 32}-1"
    half.mkdir()
    (half / GRAPH).write_bytes(b"half")
    served(tmp_path, torch_encoder)
    assert [each.name[:32] for each in tmp_path.iterdir()] == [torch_encoder.fingerprint[:32]]


def test_an_export_of_another_encoder_is_not_used(cache: Path, torch_encoder: Encoder, tmp_path: Path) -> None:
    other = Encoder(str(build(tmp_path / "other", seed=1)))
    (kept,) = cache.glob(f"{torch_encoder.fingerprint[:32]}*")
    shutil.copytree(kept, kept.with_name(kept.name.replace(torch_encoder.fingerprint[:32], other.fingerprint[:32])))
    assert_equal(served(cache, other), other, TEXTS)


def test_what_cannot_be_exported_is_served_by_torch_and_told(
    tmp_path: Path, torch_encoder: Encoder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(onnx_export, "INPUTS", ("input_ids",))
    assert served(tmp_path, torch_encoder) is torch_encoder
    assert "cannot be exported (encoder" in caplog.text
    assert "wants input_ids, attention_mask" in caplog.text
    assert "torch serves it" in caplog.text
    assert not list(tmp_path.iterdir())


def test_an_export_that_embeds_otherwise_is_not_used(
    tmp_path: Path, torch_encoder: Encoder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = export(Encoder(str(build(tmp_path / "other", seed=1))))
    monkeypatch.setattr(onnx_export, "export", lambda encoder: other)
    assert served(tmp_path / "cache", torch_encoder) is torch_encoder
    assert "apart from torch's" in caplog.text


def test_an_encoder_that_has_changed_is_returned_for_the_version_to_refuse(cache: Path, torch_encoder: Encoder) -> None:
    assert Exports(cache).encoder("0" * 64, lambda: torch_encoder) is torch_encoder


def test_an_export_that_cannot_be_kept_is_used_all_the_same(
    tmp_path: Path, torch_encoder: Encoder, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    assert_equal(served(tmp_path / "file", torch_encoder), torch_encoder, TEXTS)
    assert "the next start makes it again" in caplog.text


def test_a_place_that_cannot_even_be_looked_at_is_told_and_the_export_used_all_the_same(
    tmp_path: Path, torch_encoder: Encoder, caplog: pytest.LogCaptureFixture
) -> None:
    assert_equal(served(tmp_path / ("x" * 300), torch_encoder), torch_encoder, TEXTS)
    assert "File name too long" in caplog.text
    assert "the next start makes it again" in caplog.text


def test_files_that_are_no_export_are_an_error(files: dict[str, bytes]) -> None:
    for broken in ({}, {**files, GRAPH: b"no graph"}, {**files, DESCRIPTION: b"{}"}):
        with pytest.raises(EncoderError, match="the export of an encoder cannot be used"):
            OnnxEncoder(broken)


def test_the_runtime_keeps_no_diary_of_the_machine_to_send_to_its_makers(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])}
    subprocess.run([sys.executable, "-c", "import assistant.model.onnx_encoder"], env=environment, check=True)
    assert list(tmp_path.iterdir()) == []
