"""What of the encoder a consolidation may change. The one door to peft."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from pydantic import Field
from torch import nn

from assistant.model.adapters import adapters


class EncoderScope(Protocol):
    @property
    def learning_rate(self) -> float:
        """AdamW's: small where pretrained weights move, larger where new ones do."""
        ...

    def open(self, transformer: nn.Module) -> AbstractContextManager[list[nn.Parameter]]:
        """The parameters that train inside the context. Leaving it freezes them and keeps what they learned."""
        ...


@dataclass(frozen=True, slots=True)
class LoraScope:
    """Low-rank matrices beside every linear layer (Hu et al. 2022), merged into it on leaving.

    Serving pays nothing for them. `rank` >= 1; `alpha` >= 1 scales what they add, in multiples of the rank.
    """

    rank: Annotated[int, Field(ge=1)] = 16
    alpha: Annotated[int, Field(ge=1)] = 2
    learning_rate: Annotated[float, Field(gt=0)] = 5e-4

    @contextmanager
    def open(self, transformer: nn.Module) -> Iterator[list[nn.Parameter]]:
        from peft import LoraConfig, LoraModel

        transformer.requires_grad_(False)
        config = LoraConfig(r=self.rank, lora_alpha=self.alpha * self.rank, target_modules="all-linear")
        beside: Any = LoraModel(transformer, config, "consolidation")
        try:
            yield [parameter for parameter in transformer.parameters() if parameter.requires_grad]
        finally:
            beside.merge_and_unload()
            transformer.requires_grad_(False)


@dataclass(frozen=True, slots=True)
class FullScope:
    """Every weight of the transformer."""

    learning_rate: Annotated[float, Field(gt=0)] = 5e-5

    @contextmanager
    def open(self, transformer: nn.Module) -> Iterator[list[nn.Parameter]]:
        parameters = list(transformer.requires_grad_(True).parameters())
        try:
            yield parameters
        finally:
            transformer.requires_grad_(False)
            for parameter in parameters:
                parameter.grad = None


@dataclass(frozen=True, slots=True)
class AdapterScope:
    """A small network after every layer (see `Bottleneck`); it stays in the encoder, as it cannot be merged.

    `width` >= 1 is that of new ones; adapters that are there from a consolidation before train on.
    """

    width: Annotated[int, Field(ge=1)] = 48
    learning_rate: Annotated[float, Field(gt=0)] = 1e-3

    @contextmanager
    def open(self, transformer: nn.Module) -> Iterator[list[nn.Parameter]]:
        transformer.requires_grad_(False)
        parts = [part for adapter in adapters(transformer, self.width) for part in (adapter.down, adapter.up)]
        parameters = [parameter for part in parts for parameter in part.requires_grad_(True).parameters()]
        try:
            yield parameters
        finally:
            transformer.requires_grad_(False)
            for parameter in parameters:
                parameter.grad = None


ENCODER_SCOPES: dict[str, type[EncoderScope]] = {"lora": LoraScope, "adapter": AdapterScope, "full": FullScope}
