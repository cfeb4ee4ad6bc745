"""Promises of the policy: sure answers, unsure asks back once, the second failure in a row hands over."""

from __future__ import annotations

import pytest

from assistant.dialogue.policy import Turn, decide
from assistant.domain import Action, Decision, Intent, Thresholds
from tests.fakes import prediction

INTENTS = {
    intent.name: intent
    for intent in (
        Intent("refund", "Refund", "Yes."),
        Intent("delivery", "Delivery", "Soon."),
        Intent("voucher", "Voucher", "Here."),
        Intent("opening", "Opening hours", "Nine."),
        Intent("person", "A person", "", action=Action.HAND_OVER),
    )
}
SURE = (("refund", 0.9), ("delivery", 0.1))
AT_THRESHOLD = (("refund", 0.7), ("delivery", 0.3))
UNSURE = (("refund", 0.3), ("delivery", 0.25), ("person", 0.2), ("opening", 0.1))
WANTS_PERSON = (("person", 0.9),)
MAYBE_PERSON = (("person", 0.6), ("refund", 0.4))
UNKNOWN = (("removed_intent", 0.95), ("refund", 0.04))
HAND_OVER = Turn(Decision.HAND_OVER)
ANSWER = Turn(Decision.ANSWER, "refund")


@pytest.mark.parametrize(
    ("scores", "failures", "turn"),
    [
        (SURE, 0, ANSWER),
        (SURE, 1, ANSWER),
        (SURE, 2, HAND_OVER),
        (AT_THRESHOLD, 0, ANSWER),
        (UNSURE, 0, Turn(Decision.CLARIFY, options=("refund", "delivery", "person"))),
        (UNSURE, 1, HAND_OVER),
        (UNSURE, 5, HAND_OVER),
        (WANTS_PERSON, 0, Turn(Decision.HAND_OVER, "person")),
        (MAYBE_PERSON, 0, Turn(Decision.CLARIFY, options=("person", "refund"))),
        (UNKNOWN, 0, Turn(Decision.CLARIFY, options=("refund",))),
        (UNKNOWN, 1, HAND_OVER),
        ((), 0, Turn(Decision.CLARIFY)),
    ],
)
def test_what_is_decided(scores: tuple[tuple[str, float], ...], failures: int, turn: Turn) -> None:
    assert decide(prediction("text", *scores), Thresholds(0.7), failures, INTENTS) == turn


def test_the_threshold_of_the_version_decides() -> None:
    said = prediction("text", *SURE)
    assert decide(said, Thresholds(0.9), 0, INTENTS).decision is Decision.ANSWER
    assert decide(said, Thresholds(0.91), 0, INTENTS).decision is Decision.CLARIFY
