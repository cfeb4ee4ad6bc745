"""Bottleneck adapters: a small network after every layer of a transformer, kept in a file beside its weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.errors import EncoderError

FILE = "adapters.safetensors"


class Bottleneck(nn.Module):
    """The output of `inner` plus a narrow network of it (Houlsby et al. 2019); nothing is added at first."""

    def __init__(self, inner: nn.Module, dimension: int, width: int) -> None:
        super().__init__()
        self.inner = inner
        self.down, self.up = nn.Linear(dimension, width), nn.Linear(width, dimension)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, *given: Any, **named: Any) -> Tensor:
        """Shape: as `inner` gives, (texts, tokens, dimension)."""
        state: Tensor = self.inner(*given, **named)
        added: Tensor = self.up(functional.gelu(self.down(state)))
        return state + added


def adapters(transformer: nn.Module, width: int) -> list[Bottleneck]:
    """The adapters of a transformer, which gets new ones of this width where it has none.

    Raises EncoderError for one that is not built as BERT and RoBERTa are.
    """
    inside: Any = transformer
    layers = _layers(transformer)
    if not layers:
        raise EncoderError(
            f"scope 'adapter' knows encoders that are built as BERT and RoBERTa are, which {type(transformer).__name__}"
            " is not; set consolidation.scope to 'lora' or 'full'"
        )
    for layer in layers:
        if not isinstance(layer.output, Bottleneck):
            layer.output = Bottleneck(layer.output, inside.config.hidden_size, width).to(inside.device)
    return [layer.output for layer in layers]


@contextmanager
def without_adapters(transformer: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Inside, the transformer has no adapters and can be saved by anybody; gives the adapters' weights."""
    layers = _layers(transformer)
    taken = {number: layer.output for number, layer in enumerate(layers) if isinstance(layer.output, Bottleneck)}
    for number, adapter in taken.items():
        layers[number].output = adapter.inner
    try:
        yield {
            f"{number}.{part}.{name}": value.contiguous()
            for number, adapter in taken.items()
            for part in ("down", "up")
            for name, value in getattr(adapter, part).state_dict().items()
        }
    finally:
        for number, adapter in taken.items():
            layers[number].output = adapter


def _layers(transformer: nn.Module) -> list[Any]:
    """Its layers; none for one that is built otherwise."""
    return list(getattr(getattr(transformer, "encoder", None), "layer", ()))


def with_adapters(first: Any, folder: Path) -> None:
    """Puts the adapters back that lie in `folder`, if there are any. Raises KeyError or RuntimeError for others'.

    `first` is the module of sentence-transformers that holds the transformer.
    """
    if not (folder / FILE).is_file():
        return
    weights = safetensors.torch.load_file(folder / FILE)
    for number, adapter in enumerate(adapters(first.auto_model, len(weights["0.down.bias"]))):
        for part in ("down", "up"):
            getattr(adapter, part).load_state_dict(
                {name: weights[f"{number}.{part}.{name}"] for name in ("weight", "bias")}
            )
