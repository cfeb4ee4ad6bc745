"""What keeps an update near the model it starts from. One file per method, one table."""

from assistant.learning.regularizers.base import Arrival, Labelled, Penalty, Regularizer, State
from assistant.learning.regularizers.ewc import EWC
from assistant.learning.regularizers.ewc_exact import ExactEWC
from assistant.learning.regularizers.none import NoRegularizer

REGULARIZERS: dict[str, type[Regularizer]] = {"ewc_exact": ExactEWC, "ewc": EWC, "none": NoRegularizer}

__all__ = ["REGULARIZERS", "Arrival", "Labelled", "Penalty", "Regularizer", "State"]
