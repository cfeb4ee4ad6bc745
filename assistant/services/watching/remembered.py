"""What a version remembers of its intents, as a discoverer wants it."""

from __future__ import annotations

from assistant.learning.keeping import rehearsed
from assistant.learning.update import Learner
from assistant.monitoring.proposals import KnownIntents

DRAWN = 20  # rows for an intent of which no text is kept


def known_intents(learner: Learner) -> KnownIntents:
    """The exemplars, first, and rows drawn for intents that the version knows by their Gaussians: all of them where it
    keeps no text, those it learned before where it keeps texts since."""
    intents, vectors = rehearsed(learner.memory, DRAWN, (0, 3))
    return KnownIntents(intents, vectors, learner.memory.texts)
