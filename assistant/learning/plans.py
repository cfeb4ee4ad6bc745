"""How to update: the choices of one plan, and plans by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from assistant.errors import UnknownStrategyError
from assistant.learning.encoder_scopes import ENCODER_SCOPES
from assistant.learning.regularizers import REGULARIZERS, Regularizer
from assistant.learning.scopes import SCOPES, FreezingScope, TrainableScope
from assistant.learning.selection import SELECTORS, ExemplarSelector
from assistant.strategies import Spec, build, nearest

# The strength of the regulariser as a share of its own, by the share of the update that is done.
SCHEDULES: dict[str, Callable[[float], float]] = {"constant": lambda done: 1.0, "rising": lambda done: done}

# What an update may find out by itself before it learns.
SEARCHES = ("none", "strength")

# How strongly the neighbours must contradict a label. The README says what it gains and costs.
QUARANTINE = 0.5


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """How to update. The defaults are for every data set and encoder; none is tuned to one.

    `replay` weighs the memory against the new rows in the class-balanced loss: 1 gives every intent, old or new,
    the same share, 2 doubles the share of exemplars, 0 leaves the memory out. `memory` is the number of exemplars
    kept per intent, `rehearsal` that of pseudo-embeddings drawn where none may be kept, `hidden` the width of the
    hidden layer. Of more than `neighbours` old intents without new rows a convex scope trains only with those nearest
    to the new rows; the output rows of the others move as their regulariser says by itself, so that a night costs
    about the same however many there are. A new row waits in `quarantine` when its neighbours contradict its label at
    least as strongly as this, from -1 to 1; None holds none. `search` "strength" has each update choose the
    regulariser's strength on a part of the memory and of the new rows, at the cost of seven updates more. `iterations`
    bounds the solver of a convex scope; the fields after it are for scopes that train by stochastic gradients.
    `distillation` weighs, on the exemplars, the divergence from what the version before said of them, softened by
    `temperature` (Hinton et al. 2015; with a memory: iCaRL, DER); a regulariser that distils does without it.
    `smoothing` is label smoothing, which also keeps the Fisher from vanishing.
    """

    regularizer: Spec = field(default_factory=lambda: Spec(name="ewc_exact"))
    selector: Spec = field(default_factory=lambda: Spec(name="coreset"))
    scope: Spec = field(default_factory=lambda: Spec(name="output"))
    replay: float = 1.0
    memory: int = 20
    rehearsal: int = 100
    quarantine: float | None = None
    neighbours: int = 150
    hidden: int = 2048
    iterations: int = 25
    schedule: str = "constant"
    search: str = "none"
    distillation: float = 2.0
    temperature: float = 2.0
    dropout: float = 0.5
    learning_rate: float = 2e-3
    batch_size: int = 256
    epochs: int = 20
    least_steps: int = 150
    smoothing: float = 0.1
    clip: float = 5.0
    seed: int = 0

    def strategies(self) -> tuple[Regularizer, ExemplarSelector, TrainableScope]:
        """What the plan names. Raises UnknownStrategyError for a name, an option or a pair that does not exist."""
        if self.scope.name in ENCODER_SCOPES:
            raise UnknownStrategyError(
                f"scope {self.scope.name!r} trains the encoder, which only `assistant retrain --consolidate` does;"
                f" set it as consolidation.scope, and here one of: {', '.join(SCOPES)}"
            )
        regularizer, scope = build(REGULARIZERS, self.regularizer), build(SCOPES, self.scope)
        convex = ", ".join(name for name, member in SCOPES.items() if member.convex)
        stochastic = ", ".join(name for name, member in SCOPES.items() if not member.convex)
        if regularizer.fixes_hidden and not scope.convex:
            raise UnknownStrategyError(
                f"regularizer {self.regularizer.name!r} needs a hidden layer that stays as it is, which scope"
                f" {self.scope.name!r} trains; choose scope {convex}, or another regularizer"
            )
        if regularizer.needs_steps and scope.convex:
            raise UnknownStrategyError(
                f"regularizer {self.regularizer.name!r} is measured along many small steps, which the solver of scope"
                f" {self.scope.name!r} does not take; choose scope {stochastic}, or another regularizer"
            )
        if self.schedule not in SCHEDULES:
            raise UnknownStrategyError(
                f"unknown schedule {self.schedule!r}{nearest(self.schedule, list(SCHEDULES))};"
                f" choose one of: {', '.join(SCHEDULES)}"
            )
        if self.schedule != "constant" and scope.convex:
            raise UnknownStrategyError(
                f"schedule {self.schedule!r} needs many small steps, which the solver of scope {self.scope.name!r}"
                f" does not take; choose scope {stochastic}, or schedule 'constant'"
            )
        if isinstance(scope, FreezingScope) and self.regularizer.name != "none":
            raise UnknownStrategyError(
                f"scope {self.scope.name!r} freezes what regularizer {self.regularizer.name!r} would hold;"
                " choose regularizer 'none', or another scope"
            )
        if self.search not in SEARCHES:
            raise UnknownStrategyError(
                f"unknown search {self.search!r}{nearest(self.search, list(SEARCHES))};"
                f" choose one of: {', '.join(SEARCHES)}"
            )
        if self.search == "strength" and not hasattr(regularizer, "strength"):
            raise UnknownStrategyError(
                f"search 'strength' needs a regularizer that has one, which {self.regularizer.name!r} has not;"
                " choose another, or search 'none'"
            )
        return regularizer, build(SELECTORS, self.selector), scope


HERDING = Spec(name="herding")

# What is used, and what shows the worth of its parts.
PLANS: dict[str, UpdatePlan] = {
    "default": UpdatePlan(),
    "no-replay": UpdatePlan(replay=0.0),
    "sums-only": UpdatePlan(replay=0.0, iterations=0),
    "replay-only": UpdatePlan(regularizer=Spec(name="none")),
    "diagonal": UpdatePlan(regularizer=Spec(name="ewc"), scope=Spec(name="head"), selector=HERDING, hidden=1024),
    "kfac": UpdatePlan(regularizer=Spec(name="ewc_kfac"), scope=Spec(name="head"), selector=HERDING, hidden=1024),
    "si": UpdatePlan(regularizer=Spec(name="si"), scope=Spec(name="head"), selector=HERDING, hidden=1024),
    "mas": UpdatePlan(
        regularizer=Spec(name="mas").with_options(strength=0.01), scope=Spec(name="head"), selector=HERDING, hidden=1024
    ),
    "lwf": UpdatePlan(regularizer=Spec(name="lwf"), scope=Spec(name="head"), selector=HERDING, hidden=1024),
    "projection": UpdatePlan(
        regularizer=Spec(name="projection"), scope=Spec(name="head"), selector=HERDING, hidden=1024
    ),
    "naive": UpdatePlan(regularizer=Spec(name="none"), replay=0.0),
    "random": UpdatePlan(selector=Spec(name="random")),
    "reservoir": UpdatePlan(selector=Spec(name="reservoir")),
    "ring": UpdatePlan(selector=Spec(name="ring")),
    "prioritized": UpdatePlan(selector=Spec(name="prioritized")),
    "herding": UpdatePlan(selector=HERDING),
    "boundary": UpdatePlan(selector=Spec.model_validate({"name": "coreset", "kind": "boundary"})),
    # Pseudo-embeddings are vaguer than exemplars, so that what training had come to is held ten times harder; but they
    # stand for rows as well, so that the regression is heard half as loud as if there were none.
    "private": UpdatePlan(
        regularizer=Spec.model_validate({"name": "ewc_exact", "strength": 0.001, "scale": 2.5}),
        selector=Spec(name="generative"),
    ),
    "quarantine": UpdatePlan(quarantine=QUARANTINE),
    "searched": UpdatePlan(search="strength"),
    "progressive": UpdatePlan(
        regularizer=Spec(name="none"), scope=Spec(name="progressive"), selector=HERDING, hidden=1024
    ),
    "packnet": UpdatePlan(regularizer=Spec(name="none"), scope=Spec(name="packnet"), selector=HERDING, hidden=1024),
}


def climbed(plan: UpdatePlan, strength: float, replay: float) -> UpdatePlan:
    """A more careful plan: the regulariser's strength (where it has one) and the replay, times these factors."""
    regularizer = build(REGULARIZERS, plan.regularizer)
    if hasattr(regularizer, "strength"):
        spec = plan.regularizer.with_options(strength=regularizer.strength * strength)
    else:
        spec = plan.regularizer
    return replace(plan, regularizer=spec, replay=plan.replay * replay)
