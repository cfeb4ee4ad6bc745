"""Weights of eight bits: served where the gates allow it on this version, in single precision where they do not."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from assistant.bootstrap import Assistant
from assistant.domain import Version
from assistant.learning.plans import UpdatePlan
from assistant.model import onnx_int8
from assistant.model.encoder import Encoder, TextEncoder
from assistant.model.exports import Exports
from assistant.model.onnx_encoder import GRAPH
from assistant.services.runs.setup import set_up
from assistant.settings import Serving, Settings
from assistant.strategies import Spec
from tests.shops import CLEARLY, INTENTS, corpus

encoders = cache(Encoder)
CORPUS = corpus(*INTENTS, repeat=CLEARLY)
TEXTS = [row.text for row in CORPUS.holdout]


class Shop(Assistant):
    @property
    def encoders(self) -> Callable[[str], Encoder]:
        return encoders

    def live(self) -> Version:
        version = self.versions().live()
        assert version is not None
        return version

    def serving(self) -> TextEncoder:
        """What embeds the messages of the live version, in what might be a process of its own."""
        return Shop(self.settings).load_served(self.live()).model.encoder

    def gated(self, gate: str) -> Shop:
        retrain = self.settings.retrain.model_copy(update={"gates": (Spec(name=gate),)})
        return Shop(self.settings.model_copy(update={"retrain": retrain}))


@pytest.fixture(scope="module")
def first_day(tiny_roberta: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    serving = Serving(engine="onnx-int8")
    shop = Shop(Settings(data=tmp_path_factory.mktemp("shop") / "var", encoder=str(tiny_roberta), serving=serving))
    shop.migrate()
    set_up(shop.store, CORPUS, encoders(str(tiny_roberta)), UpdatePlan(hidden=64), shop.settings.versions)
    shop.serving()
    return shop.settings.data


@pytest.fixture
def shop(first_day: Path, tiny_roberta: Path, tmp_path: Path) -> Shop:
    data = Path(shutil.copytree(first_day, tmp_path / "var"))
    return Shop(Settings(data=data, encoder=str(tiny_roberta), serving=Serving(engine="onnx-int8")))


@pytest.fixture
def exact(tiny_roberta: Path) -> Encoder:
    return encoders(str(tiny_roberta))


def test_a_version_that_passes_is_served_with_weights_of_eight_bits(shop: Shop, exact: Encoder) -> None:
    vectors, expected = shop.serving().embed(TEXTS), exact.embed(TEXTS)
    assert 1e-4 < np.abs(vectors - expected).max() < 0.2
    assert (vectors * expected).sum(axis=1).min() > 0.97
    exported, rounded = sorted(shop.settings.exports.glob(f"{exact.fingerprint[:32]}*/{GRAPH}"))
    assert rounded.parent.name == f"{exported.parent.name}-int8"
    assert rounded.stat().st_size < 0.75 * exported.stat().st_size


def test_rounding_tells_nothing_of_each_tensor(shop: Shop, exact: Encoder, caplog: pytest.LogCaptureFixture) -> None:
    shutil.rmtree(shop.settings.exports)
    with caplog.at_level(logging.INFO):
        shop.serving()
    assert "eight bits" in caplog.text
    assert [record.getMessage() for record in caplog.records if record.name == "root"] == []


def test_it_is_judged_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    (kept,) = shop.settings.exports.glob("int8-*.json")
    assert json.loads(kept.read_text())["passed"] is True
    monkeypatch.setattr("assistant.services.runs.eight_bit.report", None)
    shop.serving()
    kept.write_text("{")
    with pytest.raises(TypeError):  # judged anew where the verdict cannot be read
        shop.serving()


def test_a_verdict_that_cannot_be_kept_stops_no_start(
    shop: Shop, exact: Encoder, caplog: pytest.LogCaptureFixture
) -> None:
    (kept,) = shop.settings.exports.glob("int8-*.json")
    kept.unlink()
    kept.mkdir()
    assert np.abs(shop.serving().embed(TEXTS) - exact.embed(TEXTS)).max() > 1e-4
    assert "the verdict could not be kept, so the next start judges again" in caplog.text


def test_a_version_that_a_gate_refuses_is_served_in_single_precision_and_told(
    shop: Shop, exact: Encoder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Exports.eight_bit

    def misleading(self: Exports, fingerprint: str, load: Callable[[], Encoder]) -> object:
        rounded = broken(self, fingerprint, load)
        assert rounded is not None
        embed = rounded.embed
        monkeypatch.setattr(rounded, "embed", lambda texts, progress=None: embed([TEXTS[0]] * len(texts)))
        return rounded

    monkeypatch.setattr(Exports, "eight_bit", misleading)
    for kept in shop.settings.exports.glob("int8-*.json"):
        kept.unlink()
    np.testing.assert_allclose(shop.serving().embed(TEXTS), exact.embed(TEXTS), atol=1e-4)
    assert f"version {shop.live().id} is served in single precision" in caplog.text
    assert "refused by old_accuracy" in caplog.text
    np.testing.assert_allclose(shop.serving().embed(TEXTS), exact.embed(TEXTS), atol=1e-4)  # as its verdict is kept


def test_other_gates_judge_anew(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    shop.serving()
    assert "eight bits" not in caplog.text
    shop.gated("negative_flips").serving()
    assert "eight bits" in caplog.text


def test_a_damaged_file_is_made_anew(shop: Shop, exact: Encoder, caplog: pytest.LogCaptureFixture) -> None:
    before = shop.serving().embed(TEXTS)
    (file,) = shop.settings.exports.glob(f"*-int8/{GRAPH}")
    file.write_bytes(file.read_bytes()[:-9])
    np.testing.assert_array_equal(shop.serving().embed(TEXTS), before)
    assert "cannot be used and is made anew" in caplog.text


def test_an_encoder_that_cannot_be_rounded_is_served_in_single_precision_and_told(
    shop: Shop, exact: Encoder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (kept,) = shop.settings.exports.glob("*-int8")
    shutil.rmtree(kept)
    monkeypatch.setattr(onnx_int8, "eight_bit", lambda files: {})
    np.testing.assert_allclose(shop.serving().embed(TEXTS), exact.embed(TEXTS), atol=1e-4)
    assert "cannot have weights of eight bits" in caplog.text


def test_single_precision_stays_the_default(shop: Shop, exact: Encoder) -> None:
    plain = Shop(shop.settings.model_copy(update={"serving": Serving()}))
    np.testing.assert_allclose(plain.serving().embed(TEXTS), exact.embed(TEXTS), atol=1e-4)
