"""A head small enough to compute everything by hand, in double precision."""

from __future__ import annotations

import torch
from torch.nn import functional

from assistant.learning.regularizers import Arrival, Batch, Labelled
from assistant.model.head import ClassificationHead

_GENERATOR = torch.Generator().manual_seed(3)
TEXTS = functional.normalize(torch.randn(7, 5, generator=_GENERATOR, dtype=torch.float64))
WEIGHTS = torch.rand(7, generator=_GENERATOR, dtype=torch.float64)
WEIGHTS /= WEIGHTS.sum()
NO_ROWS = Labelled(TEXTS[:0], torch.zeros(0, dtype=torch.int64))
NOTHING = Arrival(NO_ROWS, NO_ROWS, NO_ROWS, NO_ROWS)
NO_BATCH = Batch(torch.arange(0), torch.zeros(0, 3), torch.zeros(0))


def small_head(intents: int = 3) -> ClassificationHead:
    head = ClassificationHead(5, 4, intents).double()
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(parameter.numel()))
    return head.eval()


def labelled(count: int = 7) -> Labelled:
    """The first texts, with labels in turn."""
    return Labelled(TEXTS[:count], torch.arange(count) % 3)
