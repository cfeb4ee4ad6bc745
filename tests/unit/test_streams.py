"""The class-incremental benchmark: its measures by hand, and whole streams on an encoder without a model."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from assistant.domain import LabelledText
from assistant.errors import InputError
from assistant.evaluation import streams
from assistant.evaluation.stream_results import StreamResult, measured
from assistant.evaluation.streams import run_seeds, sessions_of
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, update
from assistant.model.encoder import CachedEncoder
from tests.encoders import CentredEncoder

INTENTS = ["bill", "card", "debt", "loan", "rent", "tax", "tip"]
PLAN = UpdatePlan(hidden=32, least_steps=30, batch_size=32)


def rows(first: int, count: int) -> list[LabelledText]:
    return [LabelledText(f"{i} message {n}", i) for i in INTENTS for n in range(first, first + count)]


TRAIN, TEST = rows(0, 12), rows(100, 5)


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


def test_an_intent_that_gets_better_counts_as_negative_forgetting() -> None:
    one = measured(0, np.array([[4, 0], [5, 5]]), np.array([5, 5]), np.array([0, 1]), [1.0, 1.0])
    assert one.measures.forgetting == pytest.approx(-0.2)


def test_json_has_the_documented_keys_and_plain_values() -> None:
    document = by_hand().as_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    measures = ["final_accuracy", "average_accuracy", "forgetting", "base_drop", "update_seconds"]
    assert list(document) == ["dataset", "plan", "encoder", "memory", "seeds", "mean"]
    assert isinstance(document["seeds"], list)
    assert isinstance(document["mean"], dict)
    assert list(document["mean"]) == measures
    assert list(document["seeds"][1]) == ["seed", "sessions", *measures]
    keys = ["intents", "accuracy", "old_accuracy", "new_accuracy", "seconds"]
    assert [list(s) for s in document["seeds"][0]["sessions"]] == [keys] * 3


def test_order_is_the_documented_permutation_with_a_shorter_last_session() -> None:
    sessions = sessions_of(INTENTS[::-1], 3, 3, 1)
    assert [len(session) for session in sessions] == [3, 3, 1]
    assert [intent for session in sessions for intent in session] == list(np.random.RandomState(1).permutation(INTENTS))


def test_stream_learns_every_intent_and_repeats_exactly() -> None:
    def run() -> dict[str, object]:
        results = run_seeds(
            TRAIN, TEST, encoder=CachedEncoder(CentredEncoder()), plan=PLAN, base=3, step=3, seeds=[0, 1]
        )
        assert [[s.intents for s in one.sessions] for one in results] == [[3, 6, 7]] * 2
        assert all(one.measures.final_accuracy > 0.9 for one in results)
        return {f"{one.seed}{n}": replace(s, seconds=0) for one in results for n, s in enumerate(one.sessions)}

    assert run() == run()


def test_each_session_updates_once_with_all_rows_of_its_intents(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[set[str], int, int]] = []
    encoder = CentredEncoder()

    def spied(previous: Learner, new: list[LabelledText], plan: UpdatePlan) -> Learner:
        calls.append(({row.intent for row in new}, len(new), plan.seed))
        embedded.append(len(encoder.asked))
        return update(previous, new, plan)

    embedded: list[int] = []
    told: list[tuple[str, int, int]] = []
    monkeypatch.setattr(streams, "update", spied)
    run_seeds(
        TRAIN,
        TEST,
        encoder=CachedEncoder(encoder),
        plan=PLAN,
        base=4,
        step=2,
        seeds=[3],
        on_progress=lambda *what: told.append(what),
    )
    assert calls == [(set(s), 12 * len(s), 3) for s in sessions_of(INTENTS, 4, 2, 3)]
    assert embedded == [len(TRAIN + TEST)] * 3  # everything before the first clock starts, nothing twice
    assert told[-4:] == [("embedding", 119, 119), ("updates", 1, 3), ("updates", 2, 3), ("updates", 3, 3)]


def test_naive_updates_forget_and_the_measures_show_it() -> None:
    naive = replace(PLAN, regularizer=PLAN.regularizer.model_copy(update={"name": "none"}), replay=0.0)
    encoder = CachedEncoder(CentredEncoder())
    (with_replay,) = run_seeds(TRAIN, TEST, encoder=encoder, plan=PLAN, base=3, step=2, seeds=[0])
    (without,) = run_seeds(TRAIN, TEST, encoder=encoder, plan=naive, base=3, step=2, seeds=[0])
    assert without.measures.forgetting > with_replay.measures.forgetting + 0.2
    assert without.measures.base_drop > with_replay.measures.base_drop + 0.2


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
        streams.check_stream(TRAIN, TEST, base=base, step=step, seeds=seeds)


def test_train_and_test_must_have_the_same_intents() -> None:
    with pytest.raises(InputError, match="no test rows: 'tip'"):
        streams.check_stream(TRAIN, TEST[:-5], base=3, step=2, seeds=[0])
    with pytest.raises(InputError, match="no train rows: 'bill'"):
        streams.check_stream(TRAIN[12:], TEST, base=3, step=2, seeds=[0])
