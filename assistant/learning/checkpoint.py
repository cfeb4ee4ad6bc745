"""A whole learner in one version folder: model, memory and what the regulariser carries on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from assistant.domain import LabelSet
from assistant.learning import exemplar_file
from assistant.learning.gaussians import WRITTEN, read_gaussians
from assistant.learning.memory import ExemplarMemory
from assistant.learning.update import Learner
from assistant.model.artifact import corrupt, model_files, model_from, read_folder, write_folder
from assistant.model.encoder import TextEncoder
from assistant.model.references import References
from assistant.model.soundness import require_embeddings, require_finite
from assistant.model.tuned import encoder_files

MEMORY, VECTORS, CARRIED = exemplar_file.FILE, exemplar_file.VECTORS, "carried.safetensors"


def save(folder: Path, learner: Learner) -> str:
    """Writes a version folder and returns the sha256 of its manifest. See `write_folder` for what can go wrong."""
    return write_folder(folder, {**_files(learner), **encoder_files(learner.model.encoder)})


def version_bytes(learner: Learner) -> int:
    """What a version folder takes, without its encoder and its manifest."""
    return sum(len(data) for data in _files(learner).values())


def _files(learner: Learner) -> dict[str, bytes]:
    memory = learner.memory
    return {
        **model_files(learner.model),
        MEMORY: exemplar_file.written(list(zip(memory.texts, memory.intents, strict=True))),
        VECTORS: safetensors.torch.save(_tensors(learner)),
        CARRIED: safetensors.torch.save({name: value.contiguous() for name, value in learner.carried.items()}),
    }


def load(folder: Path, encoder: TextEncoder, manifest_sha256: str | None = None) -> Learner:
    """The learner that `save` wrote, bit for bit. The index is rebuilt from the stored vectors.

    Raises CorruptVersionError for anything that is missing, altered or of another encoder.
    """
    files = read_folder(folder, manifest_sha256)
    model = model_from(folder, files, encoder)
    try:
        pairs = exemplar_file.read(files[MEMORY])
        tensors = safetensors.torch.load(files[VECTORS])
        outside = tensors["outside"].numpy() if "outside" in tensors else None
        for name in ("vectors", "outside") if outside is not None else ("vectors",):
            require_embeddings(name, tensors[name].numpy(), model.head.dense.in_features)
        memory = _memory(pairs, tensors, model.labels)
        references = References.of(memory.stored, memory.intents, model.labels, outside)
        carried = safetensors.torch.load(files[CARRIED])
        require_finite({name: each.numpy() for name, each in carried.items() if each.is_floating_point()})
    except (KeyError, ValueError, TypeError, RecursionError, SafetensorError) as error:
        raise corrupt(folder, f"its memory is unreadable ({error})") from error
    return Learner(replace(model, references=references), memory, carried)


def _tensors(learner: Learner) -> dict[str, Tensor]:
    """The arrays of a memory, those by intent in the order of the labels."""
    memory, labels = learner.memory, learner.model.labels
    arrived = torch.tensor([memory.arrived.get(intent, 0) for intent in labels], dtype=torch.int64)
    tensors = {"vectors": torch.from_numpy(np.ascontiguousarray(memory.stored)), "arrived": arrived}
    if learner.model.references is not None and len(learner.model.references.outside):
        tensors["outside"] = torch.from_numpy(learner.model.references.outside).contiguous()
    if memory.gaussians is not None:
        each, none = list(memory.gaussians.values()), np.empty((0, memory.dimension), dtype=np.float16)
        parts = (
            np.array([labels.index(intent) for intent in memory.gaussians], dtype=np.int64),
            np.array([one.count for one in each], dtype=np.int64),
            np.concatenate([none, *(one.mean[None] for one in each)]),
            np.array([len(one.directions) for one in each], dtype=np.int64),
            np.concatenate([none, *(one.directions for one in each)]),
        )
        tensors |= {name: torch.from_numpy(part) for name, part in zip(WRITTEN, parts, strict=True)}
    return tensors


def _memory(pairs: exemplar_file.Pairs, tensors: Mapping[str, Tensor], labels: LabelSet) -> ExemplarMemory:
    """What `_tensors` took apart. Raises KeyError or ValueError for what does not fit together."""
    arrived = tensors.get("arrived", torch.zeros(len(labels), dtype=torch.int64))  # the first folders had no counts
    if arrived.dtype != torch.int64:
        raise ValueError(f"counts of rows of the type {arrived.dtype}")
    return ExemplarMemory(
        tuple(text for text, _ in pairs),
        tuple(intent for _, intent in pairs),
        tensors["vectors"].numpy(),
        dict(zip(labels, arrived.tolist(), strict=True)),
        read_gaussians({name: each.numpy() for name, each in tensors.items()}, labels),
    )
