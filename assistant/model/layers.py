"""Sentence embeddings from several layers of a transformer in one forward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:  # loads for seconds, also where a run ends without an encoder
    from sentence_transformers import SentenceTransformer


class PooledLayers(nn.Module):
    """Pools each of the last `layers` hidden states with the model's own modules and lays them side by side."""

    def __init__(self, pooling: list[nn.Module], layers: int) -> None:
        super().__init__()
        self.pooling: Any = nn.Sequential(*pooling)
        self.layers = layers

    def forward(self, features: dict[str, Any]) -> dict[str, Any]:
        """Adds `sentence_embedding`. Shape: (texts, layers × width), each layer's part of the same length."""
        states: tuple[Tensor, ...] = features["all_layer_embeddings"]
        parts = [self._pooled(features, state) for state in states[-self.layers :]]
        features["sentence_embedding"] = torch.cat(parts, dim=1) / len(parts) ** 0.5
        return features

    def _pooled(self, features: dict[str, Any], state: Tensor) -> Tensor:
        one: dict[str, Tensor] = self.pooling({**features, "token_embeddings": state})
        return functional.normalize(one["sentence_embedding"], dim=1)

    def get_config_dict(self) -> dict[str, object]:
        pooling = [(type(m).__name__, m.get_config_dict()) for m in self.pooling if hasattr(m, "get_config_dict")]
        return {"layers": self.layers, "pooling": pooling}


def with_layers(model: SentenceTransformer, layers: int) -> SentenceTransformer:
    """`model` with embeddings of its last `layers` hidden states. Left as it is where it is no transformer."""
    modules: list[Any] = list(model)
    transformer, *pooling = modules
    if layers < 2 or not hasattr(transformer, "auto_model"):
        return model
    from sentence_transformers import SentenceTransformer

    transformer.auto_model.config.output_hidden_states = True
    grown = SentenceTransformer(modules=[transformer, PooledLayers(pooling, layers)], device=str(model.device))
    grown.max_seq_length = model.max_seq_length
    return grown


def plain(model: SentenceTransformer) -> SentenceTransformer:
    """The model as it was before `with_layers`, with the same weights: what can be saved and loaded by anybody."""
    modules: list[Any] = list(model)
    if not isinstance(modules[-1], PooledLayers):
        return model
    from sentence_transformers import SentenceTransformer

    shrunk = SentenceTransformer(modules=[modules[0], *modules[1].pooling], device=str(model.device))
    shrunk.max_seq_length = model.max_seq_length
    return shrunk
