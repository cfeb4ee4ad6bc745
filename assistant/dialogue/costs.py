"""What a mistake costs, and which step costs least in expectation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    ANSWER = "answer"
    ASK = "ask"
    GIVE_UP = "give_up"  # say that it was not understood, or hand over


@dataclass(frozen=True, slots=True)
class Costs:
    """Of one mistake each, in a unit of your choice; all > 0.

    `wrong_answer`: answered, with another intent's words or a message that has none. `needless_question`: asked back;
    `needless_hand_over`: not understood, or passed on, though the assistant has the intent.
    """

    wrong_answer: float = 4.0
    needless_question: float = 1.0
    needless_hand_over: float = 2.0

    def expected(self, sure: float, offered: float, outside: float) -> dict[Step, float]:
        """What each step costs on average, given calibrated probabilities in [0, 1].

        `outside`: the message has none of the intents. Where it has one, `sure` is the probability of the best guess
        and `offered` that of the intents that a question would show; a question without the right one ends like
        giving up.
        """
        inside = 1 - outside
        return {
            Step.ANSWER: self.wrong_answer * (1 - inside * sure),
            Step.ASK: self.needless_question + self.needless_hand_over * inside * (1 - offered),
            Step.GIVE_UP: self.needless_hand_over * inside,
        }

    def cheapest(self, sure: float, offered: float, outside: float) -> Step:
        """The step with the least expected cost; of equal ones the first in the order of `Step`."""
        expected = self.expected(sure, offered, outside)
        return min(expected, key=lambda step: expected[step])
