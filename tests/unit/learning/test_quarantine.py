"""Labels that all neighbours contradict wait for a person; labels that are merely new do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from assistant.domain import LabelledText
from assistant.learning.quarantine import suspicion
from assistant.learning.update import Learner, quarantined, update
from tests.synthetic import WordEncoder, plan, rows

ENCODER = WordEncoder()
CHECKING = plan("ewc_exact", scope="output", quarantine=0.5)
TRUSTING = replace(CHECKING, quarantine=None)
KNOWN = update(Learner.untrained(ENCODER, TRUSTING), rows("refund", "delivery", count=20), TRUSTING)
NIGHT = rows("warranty", "gift", count=20)
WRONG = [LabelledText(f"warranty {n}", "gift") for n in (30, 31)] + [LabelledText("gift 40", "refund")]


def test_a_grade_is_the_share_of_the_strongest_other_intent_less_that_of_its_own() -> None:
    """Ten neighbours as near as each other: one of its own, six of one other intent, three of another."""
    names = ["a", *["a"], *["b"] * 6, *["c"] * 3]
    vectors = np.ones((11, 1), dtype=np.float32)
    few = suspicion(names, vectors, [], vectors[:0])
    assert few[0] == -1.0  # of its own there is too little to judge by
    far = -np.ones((5, 1), dtype=np.float32)
    assert suspicion(names, vectors, ["a"] * 5, far)[0] == pytest.approx(0.6 - 0.1)


def test_rows_among_their_like_are_beyond_suspicion() -> None:
    vectors = ENCODER.embed([row.text for row in NIGHT])
    grades = suspicion([row.intent for row in NIGHT], vectors, KNOWN.memory.intents, KNOWN.memory.vectors)
    assert (grades < 0).all()


def test_a_large_import_is_graded_in_parts_as_it_is_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    night = NIGHT + WRONG
    given = [row.intent for row in night], ENCODER.embed([row.text for row in night])
    whole = suspicion(*given, KNOWN.memory.intents, KNOWN.memory.vectors)
    monkeypatch.setattr("assistant.learning.quarantine.CHUNK", 7)
    assert suspicion(*given, KNOWN.memory.intents, KNOWN.memory.vectors) == pytest.approx(whole, abs=1e-6)


def test_wrong_labels_are_held_and_only_those() -> None:
    held = quarantined(KNOWN, NIGHT + WRONG, CHECKING)
    assert sorted(held, key=str) == sorted(WRONG, key=str)
    assert quarantined(KNOWN, NIGHT, CHECKING) == []
    assert quarantined(KNOWN, NIGHT + WRONG, TRUSTING) == []


def test_a_held_row_is_not_learned_and_no_exemplar() -> None:
    with_wrong, without = update(KNOWN, NIGHT + WRONG, CHECKING), update(KNOWN, NIGHT, CHECKING)
    assert not {row.text for row in WRONG} & set(with_wrong.memory.texts)
    assert with_wrong.memory.arrived == without.memory.arrived
    assert with_wrong.model.predict(["warranty 30"]) == without.model.predict(["warranty 30"])
    assert update(KNOWN, NIGHT + WRONG, TRUSTING).model.predict(["warranty 30"]) != without.model.predict(
        ["warranty 30"]
    )


def test_the_first_rows_of_an_intent_are_never_held_wherever_they_lie() -> None:
    first = [LabelledText(f"refund {n}", "complaint") for n in range(50, 55)]
    assert quarantined(KNOWN, first, CHECKING) == []


def test_a_label_that_replaces_another_in_the_memory_is_meant() -> None:
    text = KNOWN.memory.texts[0]
    meant = LabelledText(text, "delivery" if KNOWN.memory.intents[0] == "refund" else "refund")
    assert quarantined(KNOWN, [meant], CHECKING) == []
    assert quarantined(KNOWN, [LabelledText(f"{text} once more", meant.intent)], CHECKING) != []


def test_a_night_that_is_held_as_a_whole_changes_nothing() -> None:
    assert update(KNOWN, [LabelledText("delivery 70", "refund")], CHECKING) is KNOWN


def test_pseudo_embeddings_are_neighbours_too() -> None:
    private = plan("ewc_exact", "generative", "output", quarantine=0.5)
    known = update(Learner.untrained(ENCODER, private), rows("refund", "delivery", count=20), private)
    wrong = LabelledText("refund 70", "delivery")
    assert quarantined(known, [*rows("delivery", count=4, start=60), wrong], private) == [wrong]
