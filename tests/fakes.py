"""Stand-ins for what would need torch."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from assistant.domain import Neighbour, Prediction, Score, Thresholds


def prediction(text: str, *scores: tuple[str, float]) -> Prediction:
    """What a model that gives these scores, best first, says of `text`."""
    embedding = struct.pack("<2f", len(text), float(sum(map(ord, text)) % 97))
    return Prediction(text, tuple(Score(intent, probability) for intent, probability in scores), embedding)


@dataclass
class FakeLive:
    """A live model that says of each text what `says` holds, and is its own snapshot.

    `outside` has the probability that a text has none of the intents; of others the version cannot tell.
    """

    says: dict[str, Sequence[tuple[str, float]]] = field(default_factory=dict)
    otherwise: Sequence[tuple[str, float]] = (("refund", 0.4), ("delivery", 0.3), ("person", 0.2))
    outside: dict[str, float] = field(default_factory=dict)
    thresholds: Thresholds = field(default_factory=lambda: Thresholds(answer=0.7))
    version: str = "v1"
    encoder_hash: str = "encoder-1"
    radius: float | None = None
    asked: list[str] = field(default_factory=list)
    remembered: Sequence[str] = ()
    before_predicting: Callable[[], object] = lambda: None

    def snapshot(self) -> FakeLive:
        return self

    def refresh(self) -> bool:
        return False

    def predict(self, texts: list[str], top: int = 5) -> list[Prediction]:
        self.before_predicting()
        self.asked += texts
        return [self._said(text) for text in texts]

    def _said(self, text: str) -> Prediction:
        said = prediction(text, *self.says.get(text, self.otherwise))
        outside = self.outside.get(text)
        return said if outside is None else replace(said, outside_score=10 * outside, outside=outside)

    def nearest(self, embedding: bytes, k: int = 5) -> list[Neighbour]:
        return [Neighbour(f"learned text {number}", "refund", 1.0 - number / 10) for number in range(k)]

    def nearest_of_each(self, embeddings: Sequence[bytes], k: int = 5) -> list[list[Neighbour]]:
        return [self.nearest(embedding, k) for embedding in embeddings]

    def exemplars(self, limit: int) -> list[tuple[str, bytes]]:
        return [(text, prediction(text).embedding) for text in self.remembered[:limit]]


class FakeClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.time = datetime(2025, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> None:
        self.time += timedelta(**by)
