"""The classifier that answers customers: the same numbers as `IntentClassifier`, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from assistant.domain import LabelSet
from assistant.model.artifact import HEAD, corrupt, described
from assistant.model.encoder import TextEncoder, Vectors
from assistant.model.ranking import Calibration, RankingModel, softmax
from assistant.model.references import References
from assistant.model.soundness import require_finite

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class ServedModel(RankingModel):
    """One model, for inference only.

    Shapes: dense (hidden, dimension), dense_bias (hidden,), output (intents, hidden), output_bias (intents,).
    """

    encoder: TextEncoder
    labels: LabelSet
    calibration: Calibration
    dense: Matrix = field(repr=False)
    dense_bias: Matrix = field(repr=False)
    output: Matrix = field(repr=False)
    output_bias: Matrix = field(repr=False)
    references: References | None = field(default=None, repr=False)
    columns: tuple[tuple[Matrix, Matrix], ...] = field(default=(), repr=False)  # weight and bias of each

    def logits(self, embeddings: Vectors) -> Matrix:
        """Uncalibrated. Shape: (rows, dimension) -> (rows, intents). See `ClassificationHead` for the layers."""
        inputs = embeddings * np.float32(self.dense.shape[1] ** 0.5)
        hidden: Matrix = np.tanh(inputs @ self.dense.T + self.dense_bias)
        for weight, bias in self.columns:
            more = np.tanh(np.concatenate([inputs, hidden], axis=1) @ weight.T + bias)
            hidden = np.concatenate([hidden, more], axis=1)
        logits: Matrix = hidden @ self.output.T + self.output_bias
        return logits

    def probabilities(self, embeddings: Vectors) -> Matrix:
        """Calibrated probabilities; rows sum to 1. Shape: (rows, dimension) -> (rows, intents)."""
        return softmax(self.logits(embeddings), self.calibration.temperature)


def served_from(folder: Path, files: Mapping[str, bytes], encoder: TextEncoder) -> ServedModel:
    """The model that `model_files` wrote. Raises CorruptVersionError also when it belongs to another encoder."""
    description = described(folder, files, encoder)
    try:
        stored = safetensors.numpy.load(files[HEAD])
        require_finite(stored)
        weights = {name: part.astype(np.float32) for name, part in stored.items()}
        model = ServedModel(
            encoder,
            description.labels,
            description.calibration,
            np.asfortranarray(weights["dense.weight"]),  # one message is multiplied faster by rows of its transpose
            weights["dense.bias"],
            weights["out_proj.weight"],
            weights["out_proj.bias"],
            columns=tuple(
                (weights[f"columns.{number}.weight"], weights[f"columns.{number}.bias"])
                for number in range(len(description.columns))
            ),
        )
        shapes = [part.shape for part in (model.dense, model.dense_bias, model.output, model.output_bias)]
        shapes += [part.shape for column in model.columns for part in column]
    except (KeyError, ValueError, TypeError, SafetensorError) as error:
        raise corrupt(folder, f"its model cannot be read ({str(error).splitlines()[0]})") from error
    hidden, intents = description.hidden, len(description.labels)
    units = hidden + sum(description.columns)
    expected = [(hidden, description.dimension), (hidden,), (intents, units), (intents,)]
    for width in description.columns:
        expected += [(width, description.dimension + hidden), (width,)]
        hidden += width
    if shapes != expected:
        raise corrupt(folder, f"its model cannot be read (tensors of shapes {shapes}, expected {expected})")
    return model
