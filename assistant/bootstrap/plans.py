"""How the settings say that is learned: constraints choose, and what `[learning]` states wins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.settings import Rung, Settings

if TYPE_CHECKING:  # torch loads only where a command needs it
    from assistant.learning.constraints import Choice
    from assistant.learning.plans import UpdatePlan
    from assistant.learning.tuning import TuningPlan


def update_plan(settings: Settings, there: int, dimension: int, own_mb: float) -> UpdatePlan:
    """How a shop that has `there` intents learns, with embeddings of this length, and `own_mb` million bytes of encoder
    in each version.

    Raises UnknownStrategyError, and InputError for constraints that nothing fits.
    """
    from assistant.learning.plans import UpdatePlan

    learning, (chosen, _) = settings.learning, _choice(settings, there, dimension, own_mb)
    plan = UpdatePlan(
        regularizer=chosen.regularizer,
        selector=chosen.selector,
        scope=learning.scope,
        replay=learning.replay,
        memory=chosen.memory,
        schedule=learning.schedule,
        search=learning.search,
    )
    plan.strategies()
    return plan


def reasons(settings: Settings, there: int, dimension: int, own_mb: float) -> tuple[str, ...]:
    """Why that plan is not the default one: a sentence for each constraint that changed it. Raises InputError."""
    return _choice(settings, there, dimension, own_mb)[1]


def usual_dimension(settings: Settings) -> int:
    """Three layers of the embedded encoder, or of one of the usual size."""
    from assistant.model.encoder import EMBEDDED

    return 1152 if settings.encoder == EMBEDDED else 2304


def ladder(plan: UpdatePlan, rungs: Sequence[Rung]) -> list[UpdatePlan]:
    """`plan` as each rung strengthens it, each once; without rungs as it is."""
    from assistant.learning.plans import climbed

    plans = [climbed(plan, rung.strength, rung.replay) for rung in rungs or (Rung(),)]
    return [plan for number, plan in enumerate(plans) if plan not in plans[:number]]


def tuning_plan(settings: Settings) -> TuningPlan:
    """How a consolidation trains the encoder. Raises UnknownStrategyError."""
    from assistant.learning.tuning import TuningPlan

    plan = TuningPlan(scope=settings.consolidation.scope, epochs=settings.consolidation.epochs)
    plan.encoder_scope()
    return plan


def _choice(settings: Settings, there: int, dimension: int, own_mb: float) -> tuple[Choice, tuple[str, ...]]:
    from assistant.learning.constraints import choose, overridden
    from assistant.learning.plans import UpdatePlan

    learning, stated = settings.learning, settings.constraints
    chosen = choose(
        UpdatePlan(), dimension, privacy=stated.privacy, storage_mb=stated.storage_mb, intents=stated.intents,
        there=there, own_mb=own_mb,
    )  # fmt: skip
    return overridden(chosen, {name: getattr(learning, name) for name in learning.model_fields_set})
