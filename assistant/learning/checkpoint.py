"""A whole learner in one version folder: model, memory and what the regulariser carries on."""

from __future__ import annotations

import json
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError

from assistant.errors import CorruptVersionError
from assistant.learning.memory import ExemplarMemory
from assistant.learning.update import Learner
from assistant.model.artifact import model_files, model_from, read_folder, write_folder
from assistant.model.encoder import TextEncoder

MEMORY, VECTORS, CARRIED = "memory.jsonl", "memory.safetensors", "carried.safetensors"


def save(folder: Path, learner: Learner) -> str:
    """Writes a version folder and returns the sha256 of its manifest. See `write_folder` for what can go wrong."""
    memory = learner.memory
    lines = (json.dumps(pair, ensure_ascii=False) for pair in zip(memory.texts, memory.intents, strict=True))
    return write_folder(
        folder,
        {
            **model_files(learner.model),
            MEMORY: "".join(f"{line}\n" for line in lines).encode(),
            VECTORS: safetensors.torch.save({"vectors": torch.from_numpy(memory.vectors).contiguous()}),
            CARRIED: safetensors.torch.save({name: value.contiguous() for name, value in learner.carried.items()}),
        },
    )


def load(folder: Path, encoder: TextEncoder, manifest_sha256: str | None = None) -> Learner:
    """The learner that `save` wrote, bit for bit. The index is rebuilt from the stored vectors.

    Raises CorruptVersionError for anything that is missing, altered or of another encoder.
    """
    files = read_folder(folder, manifest_sha256)
    model = model_from(folder, files, encoder)
    try:
        pairs = [json.loads(line) for line in files[MEMORY].decode().split("\n") if line]
        vectors = safetensors.torch.load(files[VECTORS])["vectors"].numpy()
        memory = ExemplarMemory(tuple(text for text, _ in pairs), tuple(intent for _, intent in pairs), vectors)
        carried = safetensors.torch.load(files[CARRIED])
    except (KeyError, ValueError, TypeError, RecursionError, SafetensorError) as error:
        raise CorruptVersionError(
            f"version {folder.name} cannot be used: its memory is unreadable ({error})."
            " Roll back with `assistant rollback`, or restore the folder."
        ) from error
    return Learner(model, memory, carried)
