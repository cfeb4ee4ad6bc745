"""What keeps an update near the model it starts from. One file per method, one table."""

from assistant.learning.regularizers.base import Arrival, Batch, Labelled, Penalty, Regularizer, State
from assistant.learning.regularizers.ewc import EWC
from assistant.learning.regularizers.ewc_exact import ExactEWC
from assistant.learning.regularizers.ewc_kfac import KroneckerEWC
from assistant.learning.regularizers.lwf import LearningWithoutForgetting
from assistant.learning.regularizers.mas import MAS
from assistant.learning.regularizers.none import NoRegularizer
from assistant.learning.regularizers.projection import Projection
from assistant.learning.regularizers.si import SynapticIntelligence

REGULARIZERS: dict[str, type[Regularizer]] = {
    "ewc_exact": ExactEWC,
    "ewc": EWC,
    "ewc_kfac": KroneckerEWC,
    "si": SynapticIntelligence,
    "mas": MAS,
    "lwf": LearningWithoutForgetting,
    "projection": Projection,
    "none": NoRegularizer,
}

__all__ = ["REGULARIZERS", "Arrival", "Batch", "Labelled", "Penalty", "Regularizer", "State"]
