"""Costs: the step with the least expected cost, and what the policy makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.dialogue.costs import Costs, Step
from assistant.dialogue.policy import Turn, decide
from assistant.domain import Decision, Intent, Prediction, Thresholds
from tests.fakes import prediction

CHANCES = st.floats(0, 1)
INTENTS = {name: Intent(name, name.title(), "Yes.") for name in ("refund", "delivery", "voucher", "opening")}
THRESHOLDS = Thresholds(0.7, plausible=0.1, outside=3.0)
SURE = (("refund", 0.95), ("delivery", 0.05))
TORN = (("refund", 0.5), ("delivery", 0.45), ("voucher", 0.05))
LOST = (("refund", 0.3), ("delivery", 0.25), ("voucher", 0.25), ("opening", 0.2))
VAGUE = (("refund", 0.09), ("delivery", 0.08), ("voucher", 0.07), ("opening", 0.06))


def said(scores: tuple[tuple[str, float], ...], outside: float) -> Prediction:
    one = prediction("text", *scores)
    return Prediction(one.text, one.ranked, one.embedding, outside_score=4.0, outside=outside)


@pytest.mark.parametrize(
    ("sure", "offered", "outside", "step"),
    [
        (0.95, 0.95, 0.0, Step.ANSWER),
        (0.5, 0.95, 0.0, Step.ASK),
        (0.95, 0.95, 0.9, Step.GIVE_UP),
        (0.3, 0.3, 0.0, Step.GIVE_UP),
        (0.95, 0.95, 0.3, Step.ASK),
    ],
)
def test_the_usual_costs_lead_to_sensible_steps(sure: float, offered: float, outside: float, step: Step) -> None:
    assert Costs().cheapest(sure, offered, outside) is step


@given(CHANCES, CHANCES, CHANCES)
def test_no_other_step_costs_less(sure: float, offered: float, outside: float) -> None:
    expected = Costs().expected(sure, offered, outside)
    assert expected[Costs().cheapest(sure, offered, outside)] == min(expected.values())


@given(CHANCES, CHANCES)
def test_the_dearer_a_wrong_answer_the_less_is_answered(sure: float, outside: float) -> None:
    if Costs(wrong_answer=20).cheapest(sure, sure, outside) is Step.ANSWER:
        assert Costs(wrong_answer=4).cheapest(sure, sure, outside) is Step.ANSWER


@given(CHANCES)
def test_a_message_that_surely_has_no_intent_is_never_answered(sure: float) -> None:
    assert Costs().cheapest(sure, sure, 1.0) is Step.GIVE_UP


@pytest.mark.parametrize(
    ("scores", "outside", "failures", "turn"),
    [
        (SURE, 0.01, 0, Turn(Decision.ANSWER, "refund")),
        (SURE, 0.01, 2, Turn(Decision.HAND_OVER)),
        (SURE, 0.9, 0, Turn(Decision.CLARIFY, options=("refund", "delivery"), understood=False)),
        (SURE, 0.9, 1, Turn(Decision.HAND_OVER)),
        (TORN, 0.01, 0, Turn(Decision.CLARIFY, options=("refund", "delivery"))),
        (TORN, 0.01, 1, Turn(Decision.HAND_OVER)),
        (LOST, 0.01, 0, Turn(Decision.CLARIFY, options=("refund", "delivery", "voucher"), understood=False)),
        (VAGUE, 0.01, 0, Turn(Decision.CLARIFY, options=("refund", "delivery", "voucher"), understood=False)),
        ((("removed", 0.95), ("refund", 0.05)), 0.01, 0, Turn(Decision.CLARIFY, options=("refund",), understood=False)),
    ],
)
def test_what_a_version_with_doubt_leads_to(
    scores: tuple[tuple[str, float], ...], outside: float, failures: int, turn: Turn
) -> None:
    assert decide(said(scores, outside), THRESHOLDS, failures, INTENTS) == turn


def test_a_question_shows_no_more_than_what_is_plausible() -> None:
    turn = decide(said(TORN, 0.01), Thresholds(0.7, plausible=0.01, outside=3.0), 0, INTENTS)
    assert turn.options == ("refund", "delivery", "voucher")
