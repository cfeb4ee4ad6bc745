"""What the services need of the model that answers now. `assistant.live_model` provides it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assistant.domain import Neighbour, Prediction, Thresholds


class Snapshot(Protocol):
    """One version, for one consistent use: it does not change when another version goes live."""

    @property
    def version(self) -> str: ...

    @property
    def encoder_hash(self) -> str: ...

    @property
    def thresholds(self) -> Thresholds: ...

    @property
    def radius(self) -> float | None: ...

    def predict(self, texts: list[str], top: int = 5) -> list[Prediction]: ...

    def nearest(self, embedding: bytes, k: int = 5) -> list[Neighbour]: ...

    def nearest_of_each(self, embeddings: Sequence[bytes], k: int = 5) -> list[list[Neighbour]]: ...

    def exemplars(self, limit: int) -> list[tuple[str, bytes]]: ...


class Live(Protocol):
    def snapshot(self) -> Snapshot: ...


class Tried(Protocol):
    """A version that answers some conversations in the live one's place; see `assistant.services.trials.trial`."""

    def snapshot(self, conversation_id: str) -> Snapshot | None: ...

    def broke(self, error: Exception) -> None: ...
