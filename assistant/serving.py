"""A version as the chat uses it: read from its folder without torch, and without what only learning needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import safetensors.numpy
from safetensors import SafetensorError

from assistant.learning import exemplar_file
from assistant.learning.gaussians import read_gaussians
from assistant.learning.memory import ExemplarMemory
from assistant.model.artifact import corrupt
from assistant.model.encoder import TextEncoder
from assistant.model.references import References
from assistant.model.served import ServedModel, served_from
from assistant.model.soundness import require_embeddings


@dataclass(frozen=True)
class Served:
    """What answers: the model, and the exemplars that the desk shows beside a message."""

    model: ServedModel
    memory: ExemplarMemory


def served(folder: Path, files: Mapping[str, bytes], encoder: TextEncoder) -> Served:
    """What `assistant.learning.checkpoint.save` wrote, given as `read_folder` read it.

    Raises CorruptVersionError for anything that is missing, unreadable or of another encoder.
    """
    model = served_from(folder, files, encoder)
    try:
        pairs = exemplar_file.read(files[exemplar_file.FILE])
        tensors = safetensors.numpy.load(files[exemplar_file.VECTORS])
        vectors = tensors["vectors"]
        for name in ("vectors", "outside") if "outside" in tensors else ("vectors",):
            require_embeddings(name, tensors[name], model.dense.shape[1])
        memory = ExemplarMemory(
            tuple(text for text, _ in pairs),
            tuple(intent for _, intent in pairs),
            vectors,
            gaussians=read_gaussians(tensors, model.labels),
        )
        references = References.of(vectors, memory.intents, model.labels, tensors.get("outside"), memory.search)
    except (KeyError, ValueError, TypeError, RecursionError, SafetensorError) as error:
        raise corrupt(folder, f"its memory is unreadable ({error})") from error
    return Served(replace(model, references=references), memory)
