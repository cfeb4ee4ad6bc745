"""What a version remembers of its intents, as a discoverer wants it."""

from __future__ import annotations

from assistant.learning.keeping import rehearsed
from assistant.learning.update import Learner
from assistant.monitoring.proposals import KnownIntents

DRAWN = 20  # rows for an intent of which no text is kept


def known_intents(learner: Learner) -> KnownIntents:
    """The exemplars, or rows drawn for them where the version keeps no text."""
    memory = learner.memory
    if len(memory):
        return KnownIntents(memory.intents, memory.vectors, memory.texts)
    return KnownIntents(*rehearsed(memory, DRAWN, (0, 3)), ())
