"""What a model does on the holdout, row by row, and what an update changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.domain import LabelledText, LabelSet
from assistant.model.encoder import TextEncoder, Vectors


class Judged(Protocol):
    """What a report needs of a model; that which learns and that which serves have it."""

    @property
    def encoder(self) -> TextEncoder: ...
    @property
    def labels(self) -> LabelSet: ...
    def accuracy_rows(
        self, embeddings: Vectors, intents: Sequence[str], retired: Mapping[str, str | None] | None = None
    ) -> NDArray[np.bool_]: ...


@dataclass(frozen=True, slots=True)
class CrossValidated:
    """How an intent with too few holdout rows did in cross-validation over all its rows."""

    right: int
    rows: int


@dataclass(frozen=True)
class Report:
    """One model on the holdout rows. Shape of correct: (rows,), in the order of `intents`."""

    known: frozenset[str]
    intents: tuple[str, ...]
    correct: NDArray[np.bool_]
    cross_validated: Mapping[str, CrossValidated] = field(default_factory=dict)

    def rows_of(self, intents: frozenset[str] | set[str]) -> NDArray[np.bool_]:
        """A mask of the rows whose true intent is among `intents`. Shape: (rows,)."""
        return np.array([intent in intents for intent in self.intents], dtype=bool)

    def accuracy(self, intents: frozenset[str] | set[str]) -> float | None:
        """The share of right rows among those of `intents`, in [0, 1]; None without rows."""
        rows = sum(self._rows[intent] for intent in intents)
        return sum(self._right[intent] for intent in intents) / rows if rows else None

    def count(self, intent: str) -> int:
        return self._rows[intent]

    @cached_property
    def _rows(self) -> Counter[str]:  # counted once: each of very many intents is asked for
        return Counter(self.intents)

    @cached_property
    def _right(self) -> Counter[str]:
        return Counter(compress(self.intents, self.correct))


def report(model: Judged, holdout: Sequence[LabelledText], retired: Mapping[str, str | None] | None = None) -> Report:
    """The model on rows it was never trained on, with the intents that are `retired` passed over as in the chat: each
    with the one that answers in its place, or None."""
    intents = tuple(row.intent for row in holdout)
    embeddings = model.encoder.embed([row.text for row in holdout])
    known = frozenset(model.labels) - (retired or {}).keys()
    return Report(known, intents, model.accuracy_rows(embeddings, intents, retired))


@dataclass(frozen=True)
class Comparison:
    """Two reports on the same rows, in the same order."""

    before: Report
    after: Report

    @property
    def old(self) -> frozenset[str]:
        """Intents that the version before knew."""
        return self.before.known

    @property
    def new(self) -> tuple[str, ...]:
        return tuple(sorted(self.after.known - self.before.known))

    def old_rows(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Correct before and correct after, on the rows of old intents."""
        rows = self.before.rows_of(self.old)
        return self.before.correct[rows], self.after.correct[rows]

    def lost(self) -> NDArray[np.bool_]:
        """Which rows of old intents were right and are wrong now. Shape: (rows,)."""
        return self.before.rows_of(self.old) & self.before.correct & ~self.after.correct

    def negative_flips(self) -> float:
        """The share of old-intent rows that were right and are wrong now (Yan et al. 2021), in [0, 1]."""
        old = self.before.rows_of(self.old)
        return float(self.lost()[old].mean()) if old.any() else 0.0

    def retention(self) -> float | None:
        """Accuracy on old-intent rows as a share of what it was; None without rows, or where nothing was known."""
        before, after = self.before.accuracy(self.old), self.after.accuracy(self.old)
        return None if not before or after is None else after / before

    def forgetting(self) -> float:
        """The mean over old intents of the accuracy lost since the version before; negative when gained."""
        lost = [
            (self.before.accuracy({intent}) or 0.0) - (self.after.accuracy({intent}) or 0.0)
            for intent in sorted(self.old & set(self.before.intents))
        ]
        return float(np.mean(lost)) if lost else 0.0
