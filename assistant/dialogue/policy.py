"""What to do with a message, from what the model says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.domain import Action, Decision, Intent, Prediction, Thresholds

FAILURES_BEFORE_HAND_OVER = 2
OPTIONS = 3


@dataclass(frozen=True, slots=True)
class Turn:
    """`intent` is what is acted on; `options` are the intents a CLARIFY asks about, best first."""

    decision: Decision
    intent: str | None = None
    options: tuple[str, ...] = ()


def decide(prediction: Prediction, thresholds: Thresholds, failures: int, intents: Mapping[str, Intent]) -> Turn:
    """Answer when sure, ask back when unsure, hand over when asked to or at the second failure in a row.

    `failures` (>= 0) counts those before this message; an unsure turn is one more. An intent that is not
    among `intents` has no answer and no label, so it is neither acted on nor offered.
    """
    if failures >= FAILURES_BEFORE_HAND_OVER:
        return Turn(Decision.HAND_OVER)
    top = intents.get(prediction.intent) if prediction.ranked else None
    if top is not None and prediction.confidence >= thresholds.answer:
        return act_on(top)
    if failures + 1 >= FAILURES_BEFORE_HAND_OVER:
        return Turn(Decision.HAND_OVER)
    known = (score.intent for score in prediction.ranked if score.intent in intents)
    return Turn(Decision.CLARIFY, options=tuple(known)[:OPTIONS])


def act_on(intent: Intent) -> Turn:
    """What recognising `intent` leads to."""
    decision = Decision.HAND_OVER if intent.action is Action.HAND_OVER else Decision.ANSWER
    return Turn(decision, intent.name)
