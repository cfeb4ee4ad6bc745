"""What a consolidation trains on, and how it is dealt out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from assistant.model.encoder import Vectors
from assistant.model.tuned import Tokens, TrainableEncoder

MEGABATCH = 16  # batches that are drawn together and cut by length, so that little padding is computed


@dataclass(frozen=True)
class Lessons:
    """Texts, the numbers of their intents, and their embeddings before. Shapes: targets (rows,); before (rows, d)."""

    texts: Sequence[str]
    targets: NDArray[np.int64]
    before: Vectors

    def taken(self, rows: NDArray[np.int64]) -> Lessons:
        return Lessons([self.texts[row] for row in rows], self.targets[rows], self.before[rows])

    def batches(self, size: int, seed: int) -> Iterator[NDArray[np.int64]]:
        """Row numbers of one batch after the other, without end; every intent is drawn as often as any other."""
        draw = np.random.default_rng(seed)
        shares = 1.0 / np.bincount(self.targets)[self.targets]
        while True:
            rows = draw.choice(len(shares), size=size * MEGABATCH, p=shares / shares.sum())
            rows = np.array(sorted(rows, key=lambda row: len(self.texts[row])))
            yield from draw.permutation(rows.reshape(MEGABATCH, size))

    def split(self, every: int, seed: int) -> tuple[Lessons, Lessons]:
        """Rows to train on, and every so many-th of each intent to judge by (0: none)."""
        held = np.zeros(len(self.targets), dtype=bool)
        if every:
            order = np.random.default_rng((seed, 1)).permutation(len(held))
            for target in np.unique(self.targets):
                held[order[self.targets[order] == target][every - 1 :: every]] = True
        return self.taken(np.flatnonzero(~held)), self.taken(np.flatnonzero(held))

    def on(self, encoder: TrainableEncoder) -> TensorLessons:
        """These lessons as tensors on the device of `encoder`."""
        targets, before = torch.from_numpy(self.targets), torch.from_numpy(self.before)
        return TensorLessons(encoder.tokens(self.texts), targets.to(encoder.device), before.to(encoder.device))

    def class_means(self) -> Tensor:
        """Shape: (intents, dimension); zero for a number that no row has."""
        means = torch.zeros(int(self.targets.max()) + 1, self.before.shape[1])
        return functional.normalize(means.index_add(0, torch.from_numpy(self.targets), torch.from_numpy(self.before)))


@dataclass(frozen=True)
class TensorLessons:
    """Lessons that lie on one device, each text tokenised once: a step sends nothing there but row numbers.

    Shapes: targets (rows,); before (rows, d).
    """

    tokens: Tokens
    targets: Tensor
    before: Tensor

    def __len__(self) -> int:
        return len(self.targets)

    def taken(self, rows: NDArray[np.int64]) -> TensorLessons:
        numbers = torch.from_numpy(rows)
        if self.targets.is_cuda:  # from pinned memory the copy does not wait for the device, nor anybody for it
            numbers = numbers.pin_memory().to(self.targets.device, non_blocking=True)
        return TensorLessons(
            self.tokens.taken(rows, numbers),
            self.targets.index_select(0, numbers),
            self.before.index_select(0, numbers),
        )
