"""Which rows each session of a stream brings."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from assistant.domain import LabelledText
from assistant.evaluation.nights import StreamShape, nights_of, sessions_of

INTENTS = ["bill", "card", "debt", "loan", "rent", "tax"]
# Row by row through the intents, so that "the first rows of an intent" are not side by side.
TRAIN = [LabelledText(f"{intent} {number}", intent) for number in range(10) for intent in INTENTS]


def test_all_rows_of_an_intent_arrive_with_it_and_only_then() -> None:
    nights = nights_of(TRAIN, StreamShape(3, 2), seed=4)
    assert [{row.intent for row in night} for night in nights] == [set(s) for s in sessions_of(INTENTS, 3, 2, 4)]
    assert Counter(row for night in nights for row in night) == Counter(TRAIN)


def test_few_shots_are_the_first_rows_of_each_new_intent_and_leave_the_base_whole() -> None:
    base, *later = nights_of(TRAIN, StreamShape(2, 2, shots=3), seed=0)
    assert Counter(row.intent for row in base) == dict.fromkeys({row.intent for row in base}, 10)
    for night in later:
        brought = {row.intent for row in night}
        assert sorted(row.text for row in night) == sorted(f"{intent} {n}" for intent in brought for n in range(3))


def test_more_shots_than_rows_leave_all_rows() -> None:
    assert nights_of(TRAIN, StreamShape(2, 2, shots=99), 0) == nights_of(TRAIN, StreamShape(2, 2), 0)


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_noise_gives_exactly_its_share_of_each_night_another_intent_that_was_seen(share: float) -> None:
    shape = StreamShape(2, 2, noise=share)
    clean, noisy = nights_of(TRAIN, StreamShape(2, 2), 7), nights_of(TRAIN, shape, 7)
    assert noisy[0] == clean[0]
    sessions = sessions_of(INTENTS, 2, 2, 7)
    for number in (1, 2):
        seen = {intent for session in sessions[: number + 1] for intent in session}
        assert [row.text for row in noisy[number]] == [row.text for row in clean[number]]
        pairs = zip(noisy[number], clean[number], strict=True)
        wrong = [given.intent for given, true in pairs if given.intent != true.intent]
        assert len(wrong) == round(share * len(clean[number]))
        assert set(wrong) <= seen
    if share == 1.0:
        assert {row.intent for row in noisy[2]} == set(INTENTS)  # old intents and new ones are drawn alike


def test_noise_follows_the_documented_rule() -> None:
    shape = StreamShape(4, 1, noise=0.3)
    generator = np.random.RandomState(5)
    sessions = sessions_of(INTENTS, 4, 1, 5)
    seen = list(sessions[0])
    for (intent,), night in zip(sessions[1:], nights_of(TRAIN, shape, 5)[1:], strict=True):
        others = sorted(seen)
        seen.append(intent)
        expected = {int(row): others[generator.randint(len(others))] for row in generator.permutation(10)[:3]}
        assert {n: row.intent for n, row in enumerate(night) if row.intent != intent} == expected


def test_noise_is_that_of_its_seed_and_spares_the_rows_given() -> None:
    shape, before = StreamShape(2, 2, noise=0.5), list(TRAIN)
    assert nights_of(TRAIN, shape, 1) == nights_of(TRAIN, shape, 1)
    assert before == TRAIN
    wrong = [
        {row for night in nights_of(TRAIN, shape, seed) for row in night if row not in set(TRAIN)} for seed in (1, 2)
    ]
    assert wrong[0] != wrong[1]


def test_noise_is_a_share_of_the_few_rows_that_are_left() -> None:
    nights = nights_of(TRAIN, StreamShape(2, 2, shots=5, noise=0.2), 3)
    assert [len(night) for night in nights] == [20, 10, 10]
    assert [sum(row not in TRAIN for row in night) for night in nights] == [0, 2, 2]
