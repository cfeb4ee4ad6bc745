"""Update plans by name."""

from __future__ import annotations

from dataclasses import replace

from assistant.learning.regularizers import REGULARIZERS
from assistant.learning.update import UpdatePlan
from assistant.strategies import build

PLANS: dict[str, UpdatePlan] = {"default": UpdatePlan()}


def climbed(plan: UpdatePlan, strength: float, replay: float) -> UpdatePlan:
    """A more careful plan: the regulariser's strength (where it has one) and the replay, times these factors."""
    regularizer = build(REGULARIZERS, plan.regularizer)
    if hasattr(regularizer, "strength"):
        spec = plan.regularizer.with_options(strength=regularizer.strength * strength)
    else:
        spec = plan.regularizer
    return replace(plan, regularizer=spec, replay=plan.replay * replay)
