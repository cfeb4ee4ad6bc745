"""What of an encoder trains in each scope, and what is left of it afterwards."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import DistilBertConfig, DistilBertModel

from assistant.errors import EncoderError, UnknownStrategyError
from assistant.learning.encoder_scopes import ENCODER_SCOPES, EncoderScope, LoraScope
from assistant.learning.lessons import Lessons
from assistant.learning.tuning import TuningPlan, tune
from assistant.model.adapters import Bottleneck
from assistant.model.encoder import Encoder
from assistant.model.tuned import TrainableEncoder
from assistant.strategies import Spec, build

TEXTS = ["where is my parcel", "I want a refund"]
scopes = pytest.mark.parametrize("name", ENCODER_SCOPES)


@pytest.fixture(scope="module")
def encoder(tiny_roberta: Path) -> Encoder:
    return Encoder(str(tiny_roberta))


@pytest.fixture
def trainable(encoder: Encoder) -> TrainableEncoder:
    return TrainableEncoder(encoder)


def scope(name: str) -> EncoderScope:
    return build(ENCODER_SCOPES, Spec(name=name))


def weights(transformer: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in transformer.state_dict().items()}


def embedded(trainable: TrainableEncoder) -> Tensor:
    return trainable.embedded(trainable.tokens(TEXTS)).cpu()


def moved(trainable: TrainableEncoder, parameters: list[nn.Parameter]) -> Tensor:
    """One large step; the embeddings after it."""
    target = torch.randn(embedded(trainable).shape, generator=torch.Generator().manual_seed(0))
    (embedded(trainable) * target).sum().backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.sub_(parameter.grad, alpha=0.3)
        return embedded(trainable)


@scopes
def test_what_was_learned_inside_answers_outside_from_a_frozen_transformer(
    name: str, trainable: TrainableEncoder, encoder: Encoder
) -> None:
    names = list(trainable.transformer.state_dict())
    with scope(name).open(trainable.transformer) as parameters:
        assert all(parameter.requires_grad for parameter in parameters)
        inside = moved(trainable, parameters)
    after = embedded(trainable)
    assert torch.allclose(after, inside, atol=1e-5)
    assert (after - torch.from_numpy(encoder.embed(TEXTS))).abs().max() > 1e-2
    assert not any(parameter.requires_grad for parameter in trainable.transformer.parameters())
    if name != "adapter":
        assert list(trainable.transformer.state_dict()) == names


@scopes
def test_opening_a_scope_changes_no_embedding(name: str, trainable: TrainableEncoder, encoder: Encoder) -> None:
    with scope(name).open(trainable.transformer):
        assert torch.allclose(embedded(trainable).detach(), torch.from_numpy(encoder.embed(TEXTS)), atol=1e-5)


@pytest.mark.parametrize("name", [name for name in ENCODER_SCOPES if name != "full"])
def test_the_base_weights_stay_untouched_to_the_last_bit_while_it_trains(
    name: str, trainable: TrainableEncoder
) -> None:
    before = weights(trainable.transformer)
    with scope(name).open(trainable.transformer) as parameters:
        moved(trainable, parameters)
        inner = weights(trainable.transformer)
        for path, value in before.items():
            assert torch.equal(next(_found(inner, path)), value), path
        assert sum(p.numel() for p in parameters) < sum(v.numel() for v in before.values())


def _found(inner: dict[str, Tensor], path: str) -> Iterator[Tensor]:
    """The weights of that path, wherever a scope has put the module that held them."""
    for name, value in inner.items():
        if name.replace("base_layer.", "").replace("inner.", "") == path:
            yield value


def test_leaving_lora_merges_it_into_the_linear_layers_alone(trainable: TrainableEncoder) -> None:
    before = weights(trainable.transformer)
    with scope("lora").open(trainable.transformer) as parameters:
        moved(trainable, parameters)
    changed = {
        name for name, value in trainable.transformer.state_dict().items() if not torch.equal(value, before[name])
    }
    assert changed
    assert all(name.endswith("weight") and "LayerNorm" not in name and "embeddings" not in name for name in changed)


def test_what_lora_leaves_is_each_weight_plus_its_low_rank_product(trainable: TrainableEncoder) -> None:
    """W + α/r · B A (Hu et al. 2022, section 4.1), read off the matrices that trained."""
    with LoraScope(rank=4, alpha=3).open(trainable.transformer) as parameters:
        moved(trainable, parameters)
        inside = weights(trainable.transformer)
    merged, products = trainable.transformer.state_dict(), 0
    for path, a in inside.items():
        if ".lora_A." in path:
            layer = path.split(".lora_A.")[0]
            b, base = inside[path.replace("lora_A", "lora_B")], inside[f"{layer}.base_layer.weight"]
            assert (a.shape[0], b.shape[1]) == (4, 4)
            torch.testing.assert_close(merged[f"{layer}.weight"], base + 3 * (b @ a), atol=1e-5, rtol=1e-5)
            products += bool((b @ a).any())
    assert products  # some of it was learned


def test_an_adapter_adds_its_bottleneck_to_what_the_layer_gives() -> None:
    """h + W_up σ(W_down h + b) + c (Houlsby et al. 2019, figure 2), σ the exact Gaussian error unit."""
    adapter = Bottleneck(nn.Identity(), 6, 2).double()
    with torch.no_grad():
        for parameter in adapter.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(parameter.numel()))
    h = torch.randn(3, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    down = h @ adapter.down.weight.T + adapter.down.bias
    gated = down * (1 + torch.erf(down / 2**0.5)) / 2
    torch.testing.assert_close(adapter(h), h + gated @ adapter.up.weight.T + adapter.up.bias)


def test_adapters_for_an_encoder_that_is_built_otherwise_are_refused_with_what_to_do() -> None:
    small = DistilBertConfig(vocab_size=9, dim=8, n_layers=1, n_heads=2, hidden_dim=8)
    with (
        pytest.raises(EncoderError, match=r"DistilBertModel is not; set consolidation\.scope to 'lora' or 'full'"),
        scope("adapter").open(DistilBertModel(small)),
    ):
        pass


def test_an_encoder_that_is_no_transformer_cannot_be_trained(tiny_roberta: Path, tmp_path: Path) -> None:
    words = StaticEmbedding(Tokenizer.from_file(str(tiny_roberta / "tokenizer.json")), embedding_dim=8)
    SentenceTransformer(modules=[words], device="cpu").save(str(tmp_path / "static"), create_model_card=False)
    encoder = Encoder(str(tmp_path / "static"))
    lessons = Lessons(TEXTS, np.arange(len(TEXTS)), encoder.embed(TEXTS))
    with pytest.raises(EncoderError, match=r"static' cannot be trained: it is no transformer"):
        tune(TrainableEncoder(encoder), lessons, TuningPlan())


def test_full_trains_every_weight_that_an_embedding_depends_on(trainable: TrainableEncoder) -> None:
    with scope("full").open(trainable.transformer) as parameters:
        assert len(parameters) == len(list(trainable.transformer.parameters()))
        moved(trainable, parameters)
        untouched = {n for n, p in trainable.transformer.named_parameters() if p.grad is None}
    assert all(name.startswith("pooler") for name in untouched)


@scopes
def test_the_encoder_that_was_copied_stays_as_it_is(name: str, trainable: TrainableEncoder, encoder: Encoder) -> None:
    fingerprint, before = encoder.fingerprint, encoder.embed(TEXTS)
    with scope(name).open(trainable.transformer) as parameters:
        moved(trainable, parameters)
    assert (encoder.embed(TEXTS) == before).all()
    assert Encoder(encoder.name).fingerprint == fingerprint


@scopes
def test_what_is_saved_embeds_as_what_was_trained(name: str, trainable: TrainableEncoder, tmp_path: Path) -> None:
    with scope(name).open(trainable.transformer) as parameters:
        moved(trainable, parameters)
    saved = trainable.saved(tmp_path / "tuned")
    assert saved.embed(TEXTS) == pytest.approx(embedded(trainable).numpy(), abs=1e-5)
    assert saved.name.endswith(" (tuned)")


def test_a_disk_that_is_full_when_it_is_saved_is_told(trainable: TrainableEncoder, tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(EncoderError, match=r"could not be saved to .* Free some space"):
            trainable.saved(tmp_path / "tuned")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_an_option_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(UnknownStrategyError, match="option rank = 0"):
        build(ENCODER_SCOPES, Spec(name="lora").with_options(rank=0))
