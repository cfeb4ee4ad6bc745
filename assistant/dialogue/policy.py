"""What to do with a message, from what the model says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.dialogue.costs import Costs, Step
from assistant.domain import Action, Decision, Intent, Prediction, Score, Thresholds

FAILURES_BEFORE_HAND_OVER = 2
OPTIONS = 3
USUAL = Costs()


@dataclass(frozen=True, slots=True)
class Turn:
    """`intent` is what is acted on; `options` are the intents a CLARIFY asks about, best first.

    `understood` is False where a message probably has none of the intents; its options are then guesses.
    """

    decision: Decision
    intent: str | None = None
    options: tuple[str, ...] = ()
    understood: bool = True


def decide(
    prediction: Prediction, thresholds: Thresholds, failures: int, intents: Mapping[str, Intent], costs: Costs = USUAL
) -> Turn:
    """Answer, ask back or give up, whichever costs least; hand over when asked to or at the second failure in a row.

    `failures` (>= 0) counts those before this message; an unsure turn is one more. An intent that is not
    among `intents` has no answer and no label, so it is neither acted on nor offered. A version that cannot tell what
    is out of scope answers from its threshold on.
    """
    if failures >= FAILURES_BEFORE_HAND_OVER:
        return Turn(Decision.HAND_OVER)
    top = intents.get(prediction.intent) if prediction.ranked else None
    known = [score for score in prediction.ranked if score.intent in intents]
    step, offered = _step(prediction, thresholds, top is not None, known, costs)
    if top is not None and step is Step.ANSWER:
        return act_on(top)
    if failures + 1 >= FAILURES_BEFORE_HAND_OVER:
        return Turn(Decision.HAND_OVER)
    return Turn(Decision.CLARIFY, options=tuple(score.intent for score in offered), understood=step is Step.ASK)


def _step(
    prediction: Prediction, thresholds: Thresholds, answerable: bool, known: list[Score], costs: Costs
) -> tuple[Step, list[Score]]:
    """What to do, and what to offer if it is not to answer: the smallest set that probably holds the right intent.

    Where that set is empty or too large for the buttons, a question would not help.
    """
    best = known[:OPTIONS]
    if prediction.outside is None:
        return (Step.ANSWER if answerable and prediction.confidence >= thresholds.answer else Step.ASK), best
    plausible = best if thresholds.plausible is None else [s for s in known if s.probability >= thresholds.plausible]
    askable = 0 < len(plausible) <= OPTIONS
    offered = sum(score.probability for score in plausible) if askable else 0.0
    step = costs.cheapest(prediction.confidence if answerable else 0.0, offered, prediction.outside)
    if step is Step.ASK and not askable:
        step = Step.GIVE_UP
    return step, plausible if step is Step.ASK else best


def act_on(intent: Intent) -> Turn:
    """What recognising `intent` leads to."""
    decision = Decision.HAND_OVER if intent.action is Action.HAND_OVER else Decision.ANSWER
    return Turn(decision, intent.name)
