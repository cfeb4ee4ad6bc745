"""The discovery benchmark's figures, on cases counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.evaluation.discovery_scores import LEFT, discovery_scores

INTENTS = ["a", "a", "a", "b", "b", "b", "k", "k"]
HIDDEN = [True] * 6 + [False] * 2


def scores(*groups: int) -> dict[str, float]:
    return discovery_scores(INTENTS, HIDDEN, np.array(groups)).as_json()


def test_a_perfect_discovery() -> None:
    assert scores(4, 4, 4, 9, 9, 9, LEFT, LEFT) == {
        "nmi": pytest.approx(1), "ari": 1, "accuracy": 1, "k_error": 0, "known_wrongly_proposed": 0,
    }  # fmt: skip


def test_a_hidden_row_that_is_left_is_wrong() -> None:
    found = scores(0, 0, LEFT, 1, 1, 1, LEFT, LEFT)
    assert found["accuracy"] == pytest.approx(5 / 6)
    assert found["nmi"] < 1
    assert found["ari"] < 1


def test_leaving_everything_is_worth_nothing() -> None:
    assert scores(*[LEFT] * 8) == {"nmi": 0, "ari": 0, "accuracy": 0, "k_error": 1, "known_wrongly_proposed": 0}


def test_leaving_the_only_hidden_intent_is_worth_nothing() -> None:
    found = discovery_scores(["a", "a", "k"], [True, True, False], np.array([LEFT, LEFT, 0])).as_json()
    assert found == {"nmi": 0, "ari": 0, "accuracy": 0, "k_error": 0, "known_wrongly_proposed": 1}


def test_rows_that_are_left_are_never_matched_even_when_they_are_one_intent() -> None:
    assert scores(0, 0, 0, LEFT, LEFT, LEFT, LEFT, LEFT)["accuracy"] == 0.5


def test_an_intent_split_in_two_is_matched_once() -> None:
    found = scores(0, 0, 2, 1, 1, 1, LEFT, LEFT)
    assert found["accuracy"] == pytest.approx(5 / 6)
    assert found["k_error"] == 0.5


def test_two_intents_in_one_proposal_count_for_one() -> None:
    assert scores(0, 0, 0, 0, 0, 0, LEFT, LEFT)["accuracy"] == 0.5


def test_a_proposal_of_known_rows_counts_as_a_proposal_and_as_wrong() -> None:
    found = scores(0, 0, 0, 1, 1, 1, 2, LEFT)
    assert (found["k_error"], found["known_wrongly_proposed"], found["accuracy"]) == (0.5, 0.5, 1)
