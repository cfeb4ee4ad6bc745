"""The class-incremental benchmark: its measures by hand, and whole streams on an encoder without a model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from assistant.domain import LabelledText
from assistant.errors import InputError
from assistant.evaluation.contenders import Contender, Entry, NightlyUpdate
from assistant.evaluation.nights import StreamShape, check_stream, sessions_of
from assistant.evaluation.stream_results import StreamResult, measured
from assistant.evaluation.streams import run_seeds
from assistant.learning.plans import UpdatePlan
from assistant.model.encoder import CachedEncoder, TextEncoder, Vectors
from tests.encoders import CentredEncoder

INTENTS = ["bill", "card", "debt", "loan", "rent", "tax", "tip"]
PLAN = UpdatePlan(hidden=32, least_steps=30, batch_size=32)


def rows(first: int, count: int) -> list[LabelledText]:
    return [LabelledText(f"{i} message {n}", i) for i in INTENTS for n in range(first, first + count)]


TRAIN, TEST = rows(0, 12), rows(100, 5)


def entry(plan: UpdatePlan) -> Entry:
    return Entry("default", plan.memory, partial(NightlyUpdate, plan=plan))


def by_hand() -> StreamResult:
    """Intents a, b arrive in session 0, c in session 1, d in session 2; 10, 20, 10 and 5 test rows."""
    right = np.array([[9, 18, 0, 0], [10, 12, 8, 0], [7, 14, 6, 5]])
    one = measured(4, right, np.array([10, 20, 10, 5]), np.array([0, 0, 1, 2]), [3.0, 1.0, 2.0])
    return StreamResult("a/b.csv", "default", "embedded", 20, (one, replace(one, seed=5)))


def test_sessions_by_hand() -> None:
    first, second, third = by_hand().seeds[0].sessions
    assert (first.intents, first.accuracy, first.old_accuracy, first.new_accuracy) == (2, 0.9, None, 0.9)
    assert (second.intents, second.accuracy, second.old_accuracy, second.new_accuracy) == (3, 0.75, 22 / 30, 0.8)
    assert (third.intents, third.accuracy, third.old_accuracy, third.new_accuracy) == (4, 32 / 45, 27 / 40, 1.0)


def test_measures_by_hand() -> None:
    measures = by_hand().seeds[0].measures
    assert measures.final_accuracy == pytest.approx(32 / 45)
    assert measures.average_accuracy == pytest.approx((0.9 + 0.75 + 32 / 45) / 3)
    # a: best 1.0, final 0.7; b: 0.9 and 0.7; c: 0.8 and 0.6; d has no past.
    assert measures.forgetting == pytest.approx((0.3 + 0.2 + 0.2) / 3)
    assert measures.base_drop == pytest.approx(27 / 30 - 21 / 30)
    assert measures.update_seconds == 2.0


def test_forgetting_of_each_session_by_hand() -> None:
    first, second, third = by_hand().seeds[0].sessions
    assert first.forgetting is None
    assert second.forgetting == pytest.approx((-0.1 + 0.3) / 2)  # a: 0.9, then 1.0; b: 0.9, then 0.6
    assert third.forgetting == by_hand().seeds[0].measures.forgetting


def test_excess_by_hand() -> None:
    """The old intents lose 0.9 − 22/30 and 0.75 − 27/40; the retrain loses 0.9 − 26/30 and 29/40 − 30/40."""
    retrained = np.array([[9, 18, 0, 0], [9, 17, 3, 0], [9, 17, 4, 5]])
    joint = measured(4, retrained, np.array([10, 20, 10, 5]), np.array([0, 0, 1, 2]), [1.0, 1.0, 1.0])
    other = replace(by_hand(), plan="joint", seeds=(joint, replace(joint, seed=5)))
    found = by_hand().beyond(other)
    assert by_hand().seeds[0].drops == pytest.approx([0.9 - 22 / 30, 0.75 - 27 / 40])
    assert joint.drops == pytest.approx([0.9 - 26 / 30, 29 / 40 - 30 / 40])
    assert [one.excess for one in found.seeds] == [pytest.approx(26 / 30 - 22 / 30)] * 2
    assert [one.excess for one in other.beyond(other).seeds] == [0.0, 0.0]
    with pytest.raises(ValueError, match="seeds"):
        by_hand().beyond(replace(other, seeds=other.seeds[::-1]))


def test_an_intent_that_gets_better_counts_as_negative_forgetting() -> None:
    one = measured(0, np.array([[4, 0], [5, 5]]), np.array([5, 5]), np.array([0, 1]), [1.0, 1.0])
    assert one.measures.forgetting == pytest.approx(-0.2)


def test_json_has_the_documented_keys_and_plain_values() -> None:
    document = by_hand().as_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    measures = ["final_accuracy", "average_accuracy", "forgetting", "base_drop", "update_seconds", "total_seconds"]
    assert list(document) == ["dataset", "plan", "encoder", "memory", "seeds", "mean"]
    assert isinstance(document["seeds"], list)
    assert isinstance(document["mean"], dict)
    assert list(document["mean"]) == measures
    assert list(document["seeds"][1]) == ["seed", "sessions", *measures]
    keys = ["intents", "accuracy", "old_accuracy", "new_accuracy", "seconds"]
    assert [list(s) for s in document["seeds"][0]["sessions"]] == [keys] * 3


def test_json_names_what_is_known_beyond_the_documented_keys() -> None:
    document = replace(by_hand().beyond(by_hand()), shots=5, noise=0.1).as_json()
    assert list(document) == ["dataset", "plan", "encoder", "memory", "shots", "noise", "seeds", "mean"]
    assert isinstance(document["seeds"], list)
    assert isinstance(document["mean"], dict)
    assert (document["mean"]["excess"], document["seeds"][0]["excess"]) == (0.0, 0.0)


def test_order_is_the_documented_permutation_with_a_shorter_last_session() -> None:
    sessions = sessions_of(INTENTS[::-1], 3, 3, 1)
    assert [len(session) for session in sessions] == [3, 3, 1]
    assert [intent for session in sessions for intent in session] == list(np.random.RandomState(1).permutation(INTENTS))


def test_stream_learns_every_intent_and_repeats_exactly() -> None:
    def run() -> dict[str, object]:
        results = run_seeds(
            TRAIN,
            TEST,
            encoder=CachedEncoder(CentredEncoder()),
            entry=entry(PLAN),
            shape=StreamShape(3, 3),
            seeds=[0, 1],
        )
        assert [[s.intents for s in one.sessions] for one in results] == [[3, 6, 7]] * 2
        assert all(one.measures.final_accuracy > 0.9 for one in results)
        return {f"{one.seed}{n}": replace(s, seconds=0) for one in results for n, s in enumerate(one.sessions)}

    assert run() == run()


class Scribe:
    """Notes what it is given to learn, and how many texts were embedded by then. Knows one intent."""

    def __init__(self, encoder: TextEncoder, seed: int, source: CentredEncoder, notes: list[object]) -> None:
        self.encoder, self.seed, self.source, self.notes = encoder, seed, source, notes

    def learn(self, new: Sequence[LabelledText]) -> None:
        self.notes.append(({row.intent for row in new}, len(new), self.seed, len(self.source.asked)))

    def predict(self, embeddings: Vectors) -> list[str]:
        return ["bill"] * len(embeddings)


def test_each_session_is_learned_once_with_all_rows_of_its_intents() -> None:
    notes: list[object] = []
    told: list[tuple[str, int, int]] = []
    source = CentredEncoder()

    def start(encoder: TextEncoder, seed: int) -> Contender:
        return Scribe(encoder, seed, source, notes)

    (result,) = run_seeds(
        TRAIN,
        TEST,
        encoder=CachedEncoder(source),
        entry=Entry("scribe", None, start),
        shape=StreamShape(4, 2),
        seeds=[3],
        on_progress=lambda *what: told.append(what),
    )
    sessions = sessions_of(INTENTS, 4, 2, 3)
    # Everything is embedded before the first clock starts, and nothing twice.
    assert notes == [(set(s), 12 * len(s), 3, len(TRAIN + TEST)) for s in sessions]
    assert told[-5:] == [("embedding", 119, 119), *(("scribe", done, 3) for done in range(4))]
    arrived = next(number for number, session in enumerate(sessions) if "bill" in session)
    expected = [1 / count if number >= arrived else 0 for number, count in enumerate([4, 6, 7])]
    assert [session.accuracy for session in result.sessions] == pytest.approx(expected)


def test_naive_updates_forget_and_the_measures_show_it() -> None:
    naive = replace(PLAN, regularizer=PLAN.regularizer.model_copy(update={"name": "none"}), replay=0.0)
    encoder = CachedEncoder(CentredEncoder())
    (with_replay, without) = (
        run_seeds(TRAIN, TEST, encoder=encoder, entry=entry(plan), shape=StreamShape(3, 4), seeds=[0])[0]
        for plan in (PLAN, naive)
    )
    assert without.measures.forgetting > with_replay.measures.forgetting + 0.15
    assert without.measures.base_drop > with_replay.measures.base_drop + 0.15


@pytest.mark.parametrize(
    ("base", "step", "seeds", "said"),
    [
        (0, 1, [0], "base = 0"),
        (7, 1, [0], "7 intents"),
        (3, 0, [0], "step = 0"),
        (3, 5, [0], "4 of the 7"),
        (3, 2, [], "seeds"),
        (3, 2, [1, 1], "different"),
        (3, 2, [-1], "-1"),
        (3, 2, [2**32], "4294967296"),
    ],
)
def test_sizes_and_seeds_are_checked(base: int, step: int, seeds: list[int], said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_stream(TRAIN, TEST, StreamShape(base, step), seeds)


def test_train_and_test_must_have_the_same_intents() -> None:
    with pytest.raises(InputError, match="no test rows: 'tip'"):
        check_stream(TRAIN, TEST[:-5], StreamShape(3, 2), [0])
    with pytest.raises(InputError, match="no train rows: 'bill'"):
        check_stream(TRAIN[12:], TEST, StreamShape(3, 2), [0])
