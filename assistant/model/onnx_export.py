"""A torch encoder as an ONNX graph (tokens in, unit-length embedding out) with its tokenizer beside it."""

from __future__ import annotations

import io
import json
import warnings
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.errors import EncoderError
from assistant.model.encoder import Encoder
from assistant.model.onnx_encoder import DESCRIPTION, GRAPH, TOKENIZER

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
OPSET = 17
NO_LIMIT = 10**6  # transformers writes 1e30 where a tokenizer cuts nothing
# Any two texts that give more than one row and column: the graph takes every number of either.
SAMPLE = ["Where is my parcel?", "I sent two things back last week, and only one was refunded."]


class _Embedding(nn.Module):
    """The modules of an encoder one after the other, from tensors to the embedding."""

    def __init__(self, modules: Any, names: list[str]) -> None:
        super().__init__()
        self.stages = modules
        self.names = names

    def forward(self, *tensors: Tensor) -> Tensor:
        features: dict[str, Any] = dict(zip(self.names, tensors, strict=True))
        for stage in self.stages:
            features = stage(features)
        return functional.normalize(features["sentence_embedding"], dim=1)


def export(encoder: Encoder) -> dict[str, bytes]:
    """The files from which `OnnxEncoder` is made. Raises EncoderError for an encoder that cannot be exported."""
    model: Any = encoder.modules
    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise EncoderError(f"encoder {encoder.name!r} has no fast tokenizer")
    if getattr(model, "default_prompt_name", None) is not None:
        raise EncoderError(f"encoder {encoder.name!r} puts a prompt before every text")
    # Version 6 of sentence-transformers calls `preprocess` what was `tokenize`.
    features = (model.preprocess if hasattr(model, "preprocess") else model.tokenize)(SAMPLE)
    given = [name for name, value in features.items() if isinstance(value, Tensor)]
    names = [name for name in INPUTS if name in given]
    if set(given) != set(names):
        raise EncoderError(f"encoder {encoder.name!r} wants {', '.join(given)}; only {', '.join(INPUTS)} are known")
    tokens = model.max_seq_length
    description = {
        "name": encoder.name,
        "fingerprint": encoder.fingerprint,
        "dimension": encoder.dimension,
        "tokens": tokens if tokens is not None and tokens < NO_LIMIT else None,
        "cut": model.tokenizer.truncation_side,
        "pad": model.tokenizer.pad_token_id or 0,
    }
    return {
        GRAPH: _graph(_Embedding(model, names).eval(), tuple(features[name].to(model.device) for name in names), names),
        TOKENIZER: backend.to_str().encode(),
        DESCRIPTION: json.dumps(description, indent=1).encode(),
    }


def _graph(embedding: nn.Module, sample: tuple[Tensor, ...], names: list[str]) -> bytes:
    """The older of torch's exporters: seconds instead of a minute, and no further library but onnx."""
    out = io.BytesIO()
    axes = {name: {0: "texts", 1: "tokens"} for name in names} | {"embedding": {0: "texts"}}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # of every branch that it sees once; the caller compares the results
        torch.onnx.export(
            embedding, sample, out, dynamo=False, opset_version=OPSET,  # type: ignore[arg-type]  # takes streams too
            input_names=names, output_names=["embedding"], dynamic_axes=axes,
        )  # fmt: skip
    return out.getvalue()
