"""Encoder + head + labels + calibration: what answers a message."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from assistant.domain import LabelSet
from assistant.model.encoder import TextEncoder, Vectors
from assistant.model.head import ClassificationHead, extend_rows, start_rows
from assistant.model.ranking import Calibration, RankingModel


@dataclass(frozen=True)
class IntentClassifier(RankingModel):
    """One model. Treated as a value: growing or calibrating it gives another one."""

    encoder: TextEncoder
    head: ClassificationHead
    labels: LabelSet
    calibration: Calibration = field(default_factory=Calibration)
    references: NDArray[np.floating[Any]] | None = field(default=None, repr=False)

    @torch.inference_mode()
    def logits(self, embeddings: Vectors) -> Tensor:
        """Uncalibrated logits, dropout off. Shape: (rows, dimension) -> (rows, intents)."""
        self.head.eval()
        logits: Tensor = self.head(torch.from_numpy(np.ascontiguousarray(embeddings)))
        return logits

    def probabilities(self, embeddings: Vectors) -> NDArray[np.float32]:
        """Calibrated probabilities; rows sum to 1. Shape: (rows, dimension) -> (rows, intents)."""
        scaled = self.logits(embeddings) / self.calibration.temperature
        return torch.softmax(scaled, dim=1).numpy()

    def extended(self, labels: LabelSet, examples: dict[str, Vectors]) -> IntentClassifier:
        """A copy with an output row for every new label, started in the class mean of its examples.

        `examples` holds the embeddings of each new label's texts. Shape of each: (rows, dimension).
        """
        head = copy.deepcopy(self.head)
        new = labels.intents[len(self.labels) :]
        head.out_proj = extend_rows(head.out_proj, len(new))
        if new:
            head.eval()
            with torch.no_grad():
                means = torch.stack([head.hidden(torch.from_numpy(examples[i])).mean(dim=0) for i in new])
                centre = means.mean(dim=0) if len(new) > 1 else torch.zeros_like(means[0])
                start_rows(head.out_proj, len(self.labels), means - centre)
        return replace(self, head=head, labels=labels)

    def calibrated(self, calibration: Calibration) -> IntentClassifier:
        return replace(self, calibration=calibration)
