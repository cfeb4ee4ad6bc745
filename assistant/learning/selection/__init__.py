"""Which exemplars of an intent are kept. One file per policy, one table."""

from assistant.learning.selection.base import Candidates, ExemplarSelector
from assistant.learning.selection.coreset import CoreSet
from assistant.learning.selection.generative import Generative
from assistant.learning.selection.herding import Herding
from assistant.learning.selection.prioritized import Prioritized
from assistant.learning.selection.random_choice import RandomChoice
from assistant.learning.selection.reservoir import Reservoir
from assistant.learning.selection.ring import Ring

SELECTORS: dict[str, type[ExemplarSelector]] = {
    "herding": Herding,
    "random": RandomChoice,
    "reservoir": Reservoir,
    "ring": Ring,
    "prioritized": Prioritized,
    "coreset": CoreSet,
    "generative": Generative,
}

__all__ = ["SELECTORS", "Candidates", "ExemplarSelector"]
