"""Corrections that take effect at once: what an operator said of a message holds for the same message before the night.

A correction reaches equal texts, and texts nearer to it than the radius that the live version's own memory says is
safe, unless the memory holds something nearer. All other messages are the model's alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.domain import Prediction
from assistant.model.embeddings import WIDTH, read_embedding
from assistant.services.live import Snapshot
from assistant.services.views import InstantItem
from assistant.store import PendingLabel, Store, UnitOfWork, text_hash

EMBEDDED_AT_ONCE = 16  # corrections without a usable embedding that one customer's message may wait for


@dataclass(frozen=True, slots=True)
class Match:
    """The pending example that decides about a message, and the cosine between them."""

    example: int
    intent: str
    similarity: float


class Instant:
    """Keeps the pending labels and their embeddings between messages; safe to share between threads."""

    def __init__(self) -> None:
        self._read: tuple[tuple[int, int], tuple[PendingLabel, ...]] = ((-1, -1), ())
        self._vectors: dict[tuple[str, str], NDArray[np.float32]] = {}  # by encoder and text

    def pending(self, uow: UnitOfWork) -> tuple[PendingLabel, ...]:
        """The labels that wait for a night. Two look-ups by key when nothing changed since the last message."""
        stamp = uow.instants.stamp()
        known, labels = self._read
        if known != stamp:
            labels = tuple(uow.instants.pending())
            self._read = (stamp, labels)
        return labels

    def match(self, prediction: Prediction, snapshot: Snapshot, pending: Sequence[PendingLabel]) -> Match | None:
        """The label that decides about a message; None for the many that no correction is near to."""
        if not pending:
            return None
        digest = text_hash(prediction.text)
        hashes = [text_hash(label.example.text) for label in pending]
        if digest in hashes:
            same = pending[hashes.index(digest)].example
            return Match(same.id, same.intent, 1.0)
        if snapshot.radius is None:
            return None
        labels, vectors = self._embedded(snapshot, pending, len(prediction.embedding) // WIDTH)
        asked = _unit(np.frombuffer(prediction.embedding, dtype="<f4"))
        if not labels or vectors.shape[1] != len(asked):
            return None
        similarities = vectors @ asked
        best = int(similarities.argmax())
        similarity = float(similarities[best])
        if similarity < snapshot.radius or _remembered(prediction, snapshot, set(hashes)) > similarity:
            return None
        nearest = labels[best].example
        return Match(nearest.id, nearest.intent, similarity)

    def _embedded(
        self, snapshot: Snapshot, pending: Sequence[PendingLabel], dimension: int
    ) -> tuple[list[PendingLabel], NDArray[np.float32]]:
        """The labels whose embedding by the live encoder is known, with these. Shape: (labels, dimension)."""
        encoder = snapshot.encoder_hash
        keys = [(encoder, label.example.text) for label in pending]
        known = {key: self._vectors[key] for key in keys if key in self._vectors}
        for key, label in zip(keys, pending, strict=True):
            if key not in known and label.encoder == encoder:
                logged = read_embedding(label.embedding, dimension)
                known |= {key: _unit(logged)} if logged is not None else {}
        missing = [key for key in keys if key not in known][:EMBEDDED_AT_ONCE]
        if missing:
            for key, said in zip(missing, snapshot.predict([text for _, text in missing]), strict=True):
                known[key] = _unit(np.frombuffer(said.embedding, dtype="<f4"))
        self._vectors = known
        labels = [label for key, label in zip(keys, pending, strict=True) if key in known]
        return labels, np.array([known[key] for key in keys if key in known], dtype=np.float32)


def instant_items(store: Store) -> list[InstantItem]:
    """The corrections at work now, newest first, each with the messages that it has decided about so far."""
    with store.unit(read_only=True) as uow:
        used = uow.instants.used()
        labels = uow.instants.pending()
    return [
        InstantItem(
            label.example.id, label.example.text, label.example.intent, label.example.operator,
            label.example.created_at, used.get(label.example.id, 0),
        )
        for label in reversed(labels)
    ]  # fmt: skip


def _remembered(prediction: Prediction, snapshot: Snapshot, replaced: set[str]) -> float:
    """How near the nearest exemplar is, those left out that a pending label replaces."""
    near = (n.similarity for n in snapshot.nearest(prediction.embedding) if text_hash(n.text) not in replaced)
    return max(near, default=-1.0)


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    length: NDArray[np.float32] = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return length
