"""Encoders that have learned: trained as a copy, kept in the folder of the version that they belong to."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from assistant.errors import EncoderError
from assistant.model.adapters import FILE, without_adapters
from assistant.model.artifact import ENCODER, TUNED
from assistant.model.encoder import CachedEncoder, Encoder, TextEncoder
from assistant.model.layers import plain


class TunedEncoder(Encoder):
    """An encoder in a folder of our own, whose weights nobody else has. `name` says what it was made of."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(str(folder), verified=True)
        self.folder, self.name = folder, name


@dataclass(frozen=True)
class Tokens:
    """Texts made ready once, as one padded batch on the encoder's device.

    Shapes: each tensor (texts, longest); lengths (texts,), the tokens of each. `left`: padded on that side.
    """

    tensors: Mapping[str, Tensor]
    others: Mapping[str, Any]  # what the encoder's modules want to know besides
    lengths: NDArray[np.int64]
    left: bool

    def taken(self, rows: NDArray[np.int64], on_device: Tensor) -> Tokens:
        """Some of the texts, as wide as the longest of them. `on_device` has the same row numbers as `rows`."""
        lengths = self.lengths[rows]
        longest = int(lengths.max())
        columns = slice(-longest, None) if self.left else slice(0, longest)
        tensors = {name: tensor[:, columns].index_select(0, on_device) for name, tensor in self.tensors.items()}
        return Tokens(tensors, self.others, lengths, self.left)


class TrainableEncoder:
    """A copy of an encoder whose embeddings have gradients; the encoder itself stays as it is."""

    def __init__(self, encoder: Encoder) -> None:
        self.name = encoder.name.removesuffix(TUNED) + TUNED
        self._modules: Any = copy.deepcopy(encoder.modules)
        self._modules.requires_grad_(False).eval()

    @property
    def transformer(self) -> nn.Module:
        """The part that may learn. Raises EncoderError for an encoder that is no transformer."""
        found: nn.Module | None = getattr(self._modules[0], "auto_model", None)
        if found is None:
            raise EncoderError(f"encoder {self.name.removesuffix(TUNED)!r} cannot be trained: it is no transformer")
        return found

    @property
    def device(self) -> torch.device:
        found: torch.device = self._modules.device
        return found

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """What `embedded` takes."""
        # Version 6 of sentence-transformers calls `preprocess` what was `tokenize`.
        prepare = self._modules.preprocess if hasattr(self._modules, "preprocess") else self._modules.tokenize
        features: dict[str, Any] = prepare(list(texts))
        tensors = {name: value for name, value in features.items() if isinstance(value, Tensor)}
        return Tokens(
            {name: value.to(self.device) for name, value in tensors.items()},
            {name: value for name, value in features.items() if name not in tensors},
            tensors["attention_mask"].sum(dim=1).cpu().numpy(),
            self._modules.tokenizer.padding_side == "left",
        )

    def embedded(self, tokens: Tokens) -> Tensor:
        """Embeddings as `Encoder.embed` gives, on the encoder's device. Shape: (texts, dimension)."""
        embedding: Tensor = self._modules({**tokens.others, **tokens.tensors})["sentence_embedding"]
        return functional.normalize(embedding, dim=1)

    def train(self, mode: bool) -> None:
        """Dropout on or off."""
        self._modules.train(mode)

    def saved(self, folder: Path) -> TunedEncoder:
        """Writes the encoder to `folder` and reads it back, so that what is judged is what will be served.

        Raises EncoderError when the disk refuses.
        """
        try:
            with without_adapters(self.transformer) as beside:
                plain(self._modules).save_pretrained(str(folder), create_model_card=False)
            if beside:
                safetensors.torch.save_file(beside, folder / FILE)
        except Exception as error:  # what writes weights and vocabularies turns an OSError into errors of its own
            raise EncoderError(
                f"the trained encoder could not be saved to {folder} ({error}); the live version is untouched. Free"
                " some space or fix the permissions, then run again"
            ) from error
        return TunedEncoder(folder, self.name)


def tuned(encoder: TextEncoder) -> TunedEncoder | None:
    """The encoder, if it is one that a version has to hold itself."""
    inner = encoder.encoder if isinstance(encoder, CachedEncoder) else encoder
    return inner if isinstance(inner, TunedEncoder) else None


def encoder_files(encoder: TextEncoder) -> dict[str, Path]:
    """What a version folder has to hold of its encoder, by the name there; nothing for one that others provide."""
    own = tuned(encoder)
    if own is None:
        return {}
    files = sorted(path for path in own.folder.rglob("*") if path.is_file())
    return {f"{ENCODER}/{path.relative_to(own.folder).as_posix()}": path for path in files}
