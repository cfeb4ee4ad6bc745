"""The live model without the intents that are out of use: their output rows stay and are passed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.domain import Intent, Neighbour, Prediction, Score, Thresholds
from assistant.services.live import Live, Snapshot
from assistant.store import Store, UnitOfWork

TOP = 5


@dataclass(frozen=True)
class InUse:
    """Follows `live`; what operators retire or merge takes effect with the next message."""

    live: Live
    store: Store

    def snapshot(self) -> Snapshot:
        snapshot = self.live.snapshot()
        with self.store.unit(read_only=True) as uow:
            retired = uow.intents.retired()
        return MaskedSnapshot(snapshot, retired) if retired else snapshot


@dataclass(frozen=True)
class MaskedSnapshot:
    """One version whose retired intents give their probability to their heirs, or are left out of the softmax.

    What is left out is added to the probability that a message has none of the intents: of those in use it has none.
    """

    inner: Snapshot
    retired: Mapping[str, str | None]

    @property
    def version(self) -> str:
        return self.inner.version

    @property
    def encoder_hash(self) -> str:
        return self.inner.encoder_hash

    @property
    def thresholds(self) -> Thresholds:
        return self.inner.thresholds

    @property
    def radius(self) -> float | None:
        return self.inner.radius

    def predict(self, texts: list[str], top: int = TOP) -> list[Prediction]:
        """Asks for as many more guesses as there are retired intents, so that `top` are left."""
        found = self.inner.predict(texts, top + len(self.retired))
        return [self._passed_over(one, top) for one in found]

    def _passed_over(self, found: Prediction, top: int) -> Prediction:
        ranked, lost = self._ranked(found.ranked)
        outside = None if found.outside is None else found.outside + (1.0 - found.outside) * lost
        return replace(found, ranked=ranked[:top], outside=outside)

    def _ranked(self, scores: tuple[Score, ...]) -> tuple[tuple[Score, ...], float]:
        """The intents in use, and the probability of those that are left out."""
        kept: dict[str, float] = {}
        lost = 0.0
        for score in scores:
            name = self._heir(score.intent)
            if name is None:
                lost += score.probability
            else:
                kept[name] = kept.get(name, 0.0) + score.probability
        left = max(1.0 - lost, sum(kept.values()), 1e-12)
        ranked = sorted(kept.items(), key=lambda pair: -pair[1])
        return tuple(Score(name, probability / left) for name, probability in ranked), lost

    def nearest(self, embedding: bytes, k: int = 5) -> list[Neighbour]:
        """Exemplars of an intent with an heir carry the heir's name; those of one without are left out.

        So many more are asked for that `k` are left: a few at first, since those of most retired intents are far away.
        """
        asked, most = 4 * k, k + 20 * len(self.retired)
        while True:
            kept = self._kept(self.inner.nearest(embedding, min(asked, most)))
            if len(kept) >= k or asked >= most:
                return kept[:k]
            asked *= 4

    def nearest_of_each(self, embeddings: Sequence[bytes], k: int = 5) -> list[list[Neighbour]]:
        """Those of which too few are in use among a few at first are asked about one by one."""
        first = map(self._kept, self.inner.nearest_of_each(embeddings, 4 * k))
        asked = zip(embeddings, first, strict=True)
        return [kept[:k] if len(kept) >= k else self.nearest(embedding, k) for embedding, kept in asked]

    def _kept(self, found: Sequence[Neighbour]) -> list[Neighbour]:
        renamed = [(near, self._heir(near.intent)) for near in found]
        return [replace(near, intent=name) for near, name in renamed if name is not None]

    def exemplars(self, limit: int) -> list[tuple[str, bytes]]:
        return self.inner.exemplars(limit)

    def _heir(self, name: str) -> str | None:
        return heir_of(name, self.retired)


def heir_of(name: str, retired: Mapping[str, str | None]) -> str | None:
    """Who answers for an intent: itself while it is in use, else its heir; heirs may have been merged on."""
    seen = {name}
    while name in retired:
        heir = retired[name]
        if heir is None or heir in seen:
            return None
        name = heir
        seen.add(name)
    return name


def heirs(uow: UnitOfWork) -> dict[str, str]:
    """Who answers for each intent that was merged."""
    return {name: intent.name for name, intent in answering(uow).items() if intent.name != name}


def answering(uow: UnitOfWork) -> dict[str, Intent]:
    """By the name of every intent the one that answers for it now; those that are retired without an heir are left out.

    What was offered before a merge is so still there to press.
    """
    every, retired = {intent.name: intent for intent in uow.intents.all()}, uow.intents.retired()
    heirs = {name: heir_of(name, retired) for name in every}
    return {name: every[heir] for name, heir in heirs.items() if heir in every}
