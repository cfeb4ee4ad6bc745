"""The classification head: what it computes, and that growing it forgets nothing."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from transformers import RobertaConfig
from transformers.models.roberta.modeling_roberta import RobertaClassificationHead

from assistant.domain import LabelSet
from assistant.model.classifier import IntentClassifier
from assistant.model.head import ClassificationHead, empty_linear, extend_rows, start_rows
from tests.synthetic import DIMENSION, WordEncoder

SIZES = st.integers(0, 6)


def random_head(intents: int, *, dimension: int = DIMENSION, hidden: int = 12) -> ClassificationHead:
    head = ClassificationHead(dimension, hidden, intents)
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(parameter.numel()))
    return head.requires_grad_(False).eval()


def bits(layer: nn.Module) -> dict[str, bytes]:
    return {name: value.numpy().tobytes() for name, value in layer.state_dict().items()}


@given(inputs=st.integers(1, 6), outputs=SIZES, count=SIZES, seed=st.integers(0, 2**31))
def test_growth_keeps_old_rows_bit_identical_and_leaves_the_layer_alone(
    inputs: int, outputs: int, count: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    layer = empty_linear(inputs, outputs)
    with torch.no_grad():
        # Any bit pattern: denormals, infinities, both zeros and NaN are kept too.
        for parameter in layer.parameters():
            pattern = torch.randint(-(2**31), 2**31, parameter.shape, generator=generator).to(torch.int32)
            parameter.copy_(pattern.view(torch.float32))
    before = bits(layer)
    grown = extend_rows(layer, count)
    kept = {"weight": grown.weight[:outputs], "bias": grown.bias[:outputs]}
    assert {name: value.detach().numpy().tobytes() for name, value in kept.items()} == before
    assert bits(layer) == before
    assert grown.weight.shape == (outputs + count, inputs)
    assert not grown.weight[outputs:].any()
    assert not grown.bias[outputs:].any()


def test_the_grown_layer_shares_no_memory_with_the_old_one() -> None:
    layer = extend_rows(empty_linear(3, 2), 0)
    with torch.no_grad():
        extend_rows(layer, 1).weight.fill_(1.0)
        extend_rows(layer, 0).weight.fill_(1.0)
    assert not layer.weight.any()


def test_a_layer_cannot_shrink() -> None:
    with pytest.raises(ValueError, match="-1 rows"):
        extend_rows(empty_linear(3, 2), -1)


def test_a_layer_without_outputs_computes_an_empty_row_per_text() -> None:
    layer = empty_linear(3, 0)
    assert layer(torch.ones(2, 3)).shape == (2, 0)
    assert (layer.out_features, layer.weight.shape) == (0, (0, 3))


def test_new_rows_point_at_their_class_means_and_are_as_long_as_the_old_rows() -> None:
    layer = extend_rows(random_head(3).out_proj, 2)
    means = torch.arange(24.0).reshape(2, 12) - 7
    old = layer.weight[:3].clone()
    start_rows(layer, 3, means)
    assert torch.equal(layer.weight[:3], old)
    torch.testing.assert_close(torch.cosine_similarity(layer.weight[3:], means), torch.ones(2))
    torch.testing.assert_close(layer.weight[3:].norm(dim=1), old.norm(dim=1).mean().expand(2))
    torch.testing.assert_close(layer.bias[3:], layer.bias[:3].mean().expand(2))


def test_the_first_rows_of_all_have_length_one_and_no_bias() -> None:
    layer = empty_linear(4, 2)
    start_rows(layer, 0, torch.tensor([[3.0, 4.0, 0.0, 0.0], [0.0, 0.0, 0.0, 9.0]]))
    torch.testing.assert_close(layer.weight.detach(), torch.tensor([[0.6, 0.8, 0, 0], [0, 0, 0, 1.0]]))
    assert not layer.bias.any()


def test_a_class_whose_mean_is_zero_starts_at_zero_instead_of_nan() -> None:
    layer = empty_linear(4, 1)
    start_rows(layer, 0, torch.zeros(1, 4))
    assert not layer.weight.any()


def test_a_classifier_grows_by_the_class_means_of_the_hidden_activations() -> None:
    """One new intent: its row is the mean of tanh(dense(x)) over its examples, as long as the old rows."""
    encoder = WordEncoder()
    model = IntentClassifier(encoder, random_head(2), LabelSet(("a", "b")))
    examples = encoder.embed(["c 1", "c 2", "c 3"])
    grown = model.extended(model.labels.extended(["c"]), {"c": examples})
    mean = model.head.hidden(torch.from_numpy(examples)).mean(dim=0)
    expected = mean / mean.norm() * model.head.out_proj.weight.norm(dim=1).mean()
    torch.testing.assert_close(grown.head.out_proj.weight[2].detach(), expected)


def test_a_classifier_that_grows_leaves_the_one_it_came_from_untouched() -> None:
    encoder = WordEncoder()
    model = IntentClassifier(encoder, random_head(2), LabelSet(("a", "b")))
    before = bits(copy.deepcopy(model.head))
    grown = model.extended(model.labels.extended(["c", "d"]), {i: encoder.embed([f"{i} 1"]) for i in "cd"})
    with torch.no_grad():
        for parameter in grown.head.parameters():
            parameter.fill_(7.0)
    assert bits(model.head) == before
    assert model.labels.intents == ("a", "b")


def test_several_new_intents_are_told_apart_at_birth() -> None:
    """Centred class means: a first version recognises easy classes before a single step."""
    encoder = WordEncoder(noise=0.2)
    labels = LabelSet(("a", "b", "c", "d"))
    examples = {intent: encoder.embed([f"{intent} {n}" for n in range(5)]) for intent in labels}
    model = IntentClassifier(encoder, random_head(0), LabelSet()).extended(labels, examples)
    assert all(model.accuracy_rows(vectors, [intent] * 5).all() for intent, vectors in examples.items())


@given(dimension=st.integers(1, 12), intents=st.integers(1, 5), rows=st.integers(1, 4))
def test_in_eval_mode_the_head_equals_transformers_roberta_classification_head(
    dimension: int, intents: int, rows: int
) -> None:
    config = RobertaConfig(hidden_size=dimension, hidden_dropout_prob=0.1)
    config.num_labels = intents
    theirs = RobertaClassificationHead(config).eval()  # type: ignore[no-untyped-call]
    ours = ClassificationHead(dimension, dimension, intents).eval()
    ours.load_state_dict(theirs.state_dict())  # also: the names of the parameters agree
    embeddings = torch.randn(rows, dimension, generator=torch.Generator().manual_seed(rows))
    features = (embeddings * dimension**0.5)[:, None, :].repeat(1, 3, 1)
    features[:, 1:] = torch.nan  # only the first token is read
    torch.testing.assert_close(ours(embeddings), theirs(features))


def test_dropout_is_off_when_answering_even_if_the_head_was_left_training() -> None:
    encoder = WordEncoder()
    model = IntentClassifier(encoder, random_head(3).train(), LabelSet(("a", "b", "c")))
    embeddings = encoder.embed(["a 1", "b 1"])
    first, second = model.probabilities(embeddings), model.probabilities(embeddings)
    assert np.array_equal(first, second)
    np.testing.assert_allclose(first.sum(axis=1), 1.0, rtol=1e-6)
