"""How much each waiting message would teach: written into the log, for the desk to sort by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from assistant.domain import Version
from assistant.learning.memory import ExemplarMemory
from assistant.model.embeddings import read_embedding
from assistant.monitoring.labeling_order import labelling_values
from assistant.services.watching.drift import Scoring
from assistant.store.unit_of_work import Store

LIMIT = 5000  # of the newest waiting messages: their densities are compared pair by pair
ORDERED = 500  # messages put in order one by one


class Remembering(Protocol):
    """A loaded version."""

    @property
    def model(self) -> Scoring: ...
    @property
    def memory(self) -> ExemplarMemory: ...


def refresh_values(
    store: Store,
    load: Callable[[Version], Remembering],
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> int:
    """Values the queue's messages by the live version; how many got one. Nothing without a version or messages.

    What the version remembers and what operators labelled since counts as known. `load` is called only when
    messages wait.
    """
    with store.unit(read_only=True) as uow:
        version = uow.versions.live()
        messages = uow.labels.waiting(version.encoder, LIMIT) if version else []
        given = uow.labels.embedded(version.encoder) if version else []
    if version is None or not messages:
        return 0
    progress("valuing the waiting messages", 0, 1)
    learner = load(version)
    dimension = learner.memory.dimension
    logged = [(message, read_embedding(message.embedding, dimension)) for message in messages]
    sound = {message.id: vector for message, vector in logged if vector is not None}
    if not sound:
        return 0
    vectors = np.stack(list(sound.values()))
    labels = [read_embedding(embedding, dimension) for _, embedding in given]
    labelled = [learner.memory.vectors, *(vector[None] for vector in labels if vector is not None)]
    shares = learner.model.probabilities(vectors)
    values = labelling_values(shares, vectors, np.concatenate(labelled), limit=ORDERED)
    progress("valuing the waiting messages", 1, 1)
    with store.unit() as uow:
        uow.labels.set_values({number: float(value) for number, value in zip(sound, values, strict=True)})
    return len(sound)
