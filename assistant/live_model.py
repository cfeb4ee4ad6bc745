"""The version that answers now, swapped without a pause when another one is published."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

import numpy as np

from assistant.domain import Neighbour, Prediction, Thresholds, Version
from assistant.errors import AssistantError, CorruptVersionError, StoreError
from assistant.learning.memory import ExemplarMemory
from assistant.model.embeddings import read_embedding
from assistant.model.encoder import TextEncoder
from assistant.model.ranking import Calibration
from assistant.monitoring.radius import fitted_radius

log = logging.getLogger(__name__)

RETRY_SECONDS = 60.0  # between attempts at a live version that could not be loaded: somebody may repair it


class Model(Protocol):
    @property
    def encoder(self) -> TextEncoder: ...
    @property
    def calibration(self) -> Calibration: ...
    def predict(self, texts: Sequence[str], *, top: int = 5) -> list[Prediction]: ...


class Loaded(Protocol):
    """A version in memory: a `Learner`, or what serving needs of one."""

    @property
    def model(self) -> Model: ...
    @property
    def memory(self) -> ExemplarMemory: ...


L = TypeVar("L", bound=Loaded)


@dataclass(frozen=True)
class LiveSnapshot(Generic[L]):
    """One loaded version. Whoever holds it keeps using it, whatever is published meanwhile."""

    version: str
    learner: L

    @property
    def encoder_hash(self) -> str:
        return self.learner.model.encoder.fingerprint

    @property
    def thresholds(self) -> Thresholds:
        return self.learner.model.calibration.thresholds

    @cached_property
    def radius(self) -> float | None:
        """From which similarity a text means what another one does; see `fitted_radius`.

        None too where an intent is known by its Gaussian alone: how near its texts come to others' nobody can tell.
        """
        memory = self.learner.memory
        if set(memory.gaussians or ()) - set(memory.intents):
            return None
        return fitted_radius(memory.intents, memory.vectors)

    def predict(self, texts: list[str], top: int = 5) -> list[Prediction]:
        return self.learner.model.predict(texts, top=top)

    def nearest(self, embedding: bytes, k: int = 5) -> list[Neighbour]:
        """The `k` exemplars most similar to an embedding of this version's encoder; none for any other."""
        vector = read_embedding(embedding, self.learner.memory.dimension)
        return [] if vector is None else self.learner.memory.nearest(vector, k)

    def nearest_of_each(self, embeddings: Sequence[bytes], k: int = 5) -> list[list[Neighbour]]:
        """`nearest` of each, far sooner than one by one."""
        memory = self.learner.memory
        read = [read_embedding(embedding, memory.dimension) for embedding in embeddings]
        known = [vector for vector in read if vector is not None]
        found = iter(memory.nearest_of_each(np.stack(known), k) if known else ())
        return [[] if vector is None else next(found) for vector in read]

    def exemplars(self, limit: int) -> list[tuple[str, bytes]]:
        """At most `limit` >= 1 texts that the version remembers, spread over all its intents, with their embeddings."""
        memory = self.learner.memory
        count = min(limit, len(memory))
        some = memory.taken(np.arange(count) * len(memory) // max(1, count))
        vectors = some.vectors.astype("<f4")
        return [(text, vector.tobytes()) for text, vector in zip(some.texts, vectors, strict=True)]


class LiveModel(Generic[L]):
    """Follows the store's live version. `current` reads which it is, `load` loads it (seconds at most)."""

    def __init__(self, current: Callable[[], Version | None], load: Callable[[Version], L]) -> None:
        """Raises StoreError when nothing is published yet, CorruptVersionError when the version cannot be used."""
        version = current()
        if version is None:
            raise StoreError("no version has been published yet; `assistant serve` trains the first one")
        self._current, self._load = current, load
        self._snapshot = self._ready(version)
        self._unusable: str | None = None
        self._retry_at = 0.0
        self._swapping = threading.Lock()

    def snapshot(self) -> LiveSnapshot[L]:
        return self._snapshot

    @property
    def version(self) -> str:
        return self._snapshot.version

    def refresh(self) -> bool:
        """Loads the live version if it is another one and swaps it in; True when it did.

        The one before keeps answering while the other loads, and goes on if that one cannot be loaded;
        that is tried again after RETRY_SECONDS.
        """
        with self._swapping:
            version = self._current()
            if version is None or version.id == self._snapshot.version:
                self._unusable = None
                return False
            if version.id == self._unusable and time.monotonic() < self._retry_at:
                return False
            try:
                snapshot = self._ready(version)
            except AssistantError as error:
                if version.id != self._unusable:  # told once, not at every attempt
                    log.error("still answering with %s: %s", self._snapshot.version, error)
                self._unusable, self._retry_at = version.id, time.monotonic() + RETRY_SECONDS
                return False
            self._snapshot, self._unusable = snapshot, None
            log.info("now answering with %s", version.id)
            return True

    def _ready(self, version: Version) -> LiveSnapshot[L]:
        """Raises AssistantError for a version that cannot answer, whatever it fails at: the one before goes on."""
        try:
            snapshot = LiveSnapshot(version.id, self._load(version))
            (first,) = snapshot.predict(["ready?"])  # the first forward pass is slow; no customer should pay for it
        except AssistantError:
            raise
        except Exception as error:
            raise CorruptVersionError(
                f"version {version.id} cannot be used: it fails to answer ({type(error).__name__}: {error}); roll back"
                " with `assistant rollback`"
            ) from error
        if not math.isfinite(first.confidence + (first.outside or 0.0)):  # of finite weights that are far too large
            raise CorruptVersionError(
                f"version {version.id} cannot be used: how sure it is of an answer is no number ({first.confidence});"
                " roll back with `assistant rollback`"
            )
        return snapshot

    def follow(self, seconds: float) -> Callable[[], None]:
        """Refreshes every `seconds` (> 0) in a thread of its own. Returns what stops it."""
        return every(seconds, self.refresh, "live-model")


def every(seconds: float, act: Callable[[], object], name: str) -> Callable[[], None]:
    """Calls `act` every `seconds` (> 0) in a thread of this name. Returns what stops it."""
    stop = threading.Event()

    def loop() -> None:
        told = ""
        while not stop.wait(seconds):
            try:
                act()
            except Exception as error:  # a locked database or a full disk must not end the following
                if str(error) != told:  # told once: at every look it would fill the disk in a night
                    log.exception("could not look for a new version; trying again")
                told = str(error)
            else:
                told = ""

    threading.Thread(target=loop, name=name, daemon=True).start()
    return stop.set
