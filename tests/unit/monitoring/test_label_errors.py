"""Wrong labels are found by what the other rows say, listed, and left alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assistant.domain import Decision, LabelledText, Split, Thresholds, Version
from assistant.monitoring.label_errors import left_out_probabilities, suspect_labels
from assistant.services.desk.conflicts import Conflicts
from assistant.services.desk.labeling_values import refresh_values
from assistant.services.intents.figures import intent_figures
from assistant.services.runs.setup import set_up
from assistant.services.runs.stopping import StoppingHint, stopping_hints
from assistant.store import Store, utc_now
from assistant.store.inbox import QUEUE
from tests.fakes import FakeLive
from tests.shops import PLAN, Shop, corpus, train
from ui.desk.intents import Shelf
from ui.desk.intents_html import facts


def clusters(per_intent: int = 30, noise: float = 0.35) -> tuple[list[str], NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    rows = np.repeat(np.eye(5, 16), per_intent, axis=0) + noise * rng.normal(size=(5 * per_intent, 16))
    names = [f"intent {n // per_intent}" for n in range(5 * per_intent)]
    return names, (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_flipped_labels_are_found_with_the_right_suggestion_and_few_right_ones_doubted() -> None:
    intents, vectors = clusters()
    given = list(intents)
    flipped = list(range(3, 150, 19))
    for row in flipped:
        given[row] = f"intent {(int(intents[row][-1]) + 2) % 5}"
    found = suspect_labels(given, vectors)
    hits = [suspect for suspect in found if suspect.row in flipped]
    assert len(hits) >= 0.7 * len(flipped)
    assert len(hits) >= 0.8 * len(found)
    assert all(suspect.suggested == intents[suspect.row] for suspect in hits)
    assert [s.score for s in found] == sorted((s.score for s in found), reverse=True)


def test_labels_that_agree_with_their_neighbours_are_not_doubted() -> None:
    assert suspect_labels(*clusters(noise=0.1)) == []


@pytest.mark.parametrize("intents", [[], ["a"], ["a", "a", "a"], ["a", "b"]])
def test_where_there_is_nothing_to_compare_with_nothing_is_doubted(intents: list[str]) -> None:
    assert suspect_labels(intents, np.full((len(intents), 4), 0.5, dtype=np.float32)) == []


def test_the_probabilities_of_a_row_do_not_know_its_own_label() -> None:
    """The closed form is what a ridge regression on all other rows says."""
    intents, vectors = clusters(12)
    labels = np.unique(intents, return_inverse=True)[1]
    changed = labels.copy()
    changed[7] = (labels[7] + 1) % 5
    told, other = left_out_probabilities(labels, vectors)[7], left_out_probabilities(changed, vectors)[7]
    assert told.argmax() == other.argmax() == labels[7]
    assert told == pytest.approx(other, abs=0.05)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Two intents, one remembered text of each under the other's name."""
    made = Shop(Path(tmp_path_factory.mktemp("shop")))
    wrong = (LabelledText("refund at last 1", "delivery"), LabelledText("delivery at last 1", "refund"))
    started = corpus("refund", "delivery")
    set_up(made.store, replace(started, train=(*started.train, *wrong)), made.encoder, PLAN, made.folder)
    return made


def test_doubted_labels_of_the_live_memory_are_among_the_conflicts_and_nothing_changes(shop: Shop) -> None:
    before, memory, live = shop.tables(), shop.learner().memory, FakeLive()
    remembered = [(text, row.tobytes()) for text, row in zip(memory.texts, memory.vectors, strict=True)]
    live.exemplars = lambda limit: remembered[:limit]  # type: ignore[method-assign]
    live.nearest = lambda embedding, k=5: []  # type: ignore[method-assign]
    found = Conflicts(shop.store, live).all()
    # Of a pair that several reasons tell, the strongest one counts.
    assert {"refund at last 1", "delivery at last 1"} <= {text for one in found for text in (one.first, one.second)}
    doubted = [one for one in found if "all other labels" in one.why]
    assert doubted
    assert {one.first for one in doubted} <= {"refund at last 1", "delivery at last 1"}
    assert all(one.second.startswith(one.second_label) for one in doubted)
    assert shop.tables() == before


def test_waiting_messages_get_a_value_and_labelled_ones_lose_it(shop: Shop) -> None:
    learner = shop.learner()
    with shop.store.unit() as uow:
        talk = uow.conversations.create()
        ids = [
            uow.conversations.add_user_message(
                talk, text, decision=Decision.CLARIFY, prediction=learner.model.predict([text])[0],
                encoder=shop.encoder.fingerprint, thresholds=Thresholds(1.01),
                version=shop.live().id,
            )
            for text in ("parcel 1", "refund 100", "parcel 2")
        ]  # fmt: skip
    assert refresh_values(shop.store, shop.load) == 3
    with shop.store.unit() as uow:
        values = {m.id: m.labeling_value for m in uow.inbox.page(QUEUE, "need", 10, 0)}
        uow.conversations.set_handled(ids[0], True)
    assert set(values) == set(ids)
    assert all(value is not None and 0 <= value <= 1 for value in values.values())
    assert refresh_values(shop.store, shop.load) == 2
    with shop.store.unit(read_only=True) as uow:
        assert uow.conversations.message(ids[0]).labeling_value is None


def test_without_a_version_there_are_neither_values_nor_hints(store: Store) -> None:
    def load(version: Version) -> None:
        raise AssertionError("nothing to load")

    assert refresh_values(store, load) == 0  # type: ignore[arg-type]
    assert stopping_hints(store) == []


def publish(store: Store, name: str, parent: str | None, accuracy: float, rows: int, judged: int = 20) -> None:
    """A version that learned `rows` labels of refund and then reaches `accuracy` on `judged` holdout rows."""
    report: dict[str, object] = {"intents": {"refund": {"before": None, "after": accuracy, "rows": judged}}}
    with store.unit() as uow:
        ids = [
            uow.examples.add(row.text, "refund", split=Split.TRAIN, source="correction", operator="ann").id
            for row in train("refund", rows, start=1000 * int(name[1:]))
        ]
        uow.versions.add(Version(name, parent, utc_now(), "ready", "e", "sha", report))
        uow.versions.publish(name, expected_live=parent, learned=ids, actor="ann", kind="publish", reason="a test")


def test_more_rows_pay_while_the_curve_rises_and_no_longer_when_it_is_flat(store: Store) -> None:
    publish(store, "v1", None, 0.6, 10)
    assert stopping_hints(store) == [StoppingHint("refund", 10, 0.6, None, None)]
    publish(store, "v2", "v1", 0.8, 10)
    (rising,) = stopping_hints(store)
    assert (rising.rows, rising.pays) == (20, True)
    assert rising.slope == pytest.approx(0.02)
    publish(store, "v3", "v2", 0.8, 2)  # too few rows to tell anything new
    assert stopping_hints(store)[0].pays is True
    publish(store, "v4", "v3", 0.81, 10)
    assert stopping_hints(store)[0].pays is False


def test_more_rows_pay_where_a_single_holdout_row_was_gained(store: Store) -> None:
    publish(store, "v1", None, 18 / 20, 10)
    publish(store, "v2", "v1", 19 / 20, 10)
    assert stopping_hints(store)[0].pays is True


@pytest.mark.parametrize(("accuracy", "enough"), [(0.9, False), (0.6, True)])
def test_the_desk_says_where_more_labels_no_longer_pay(store: Store, accuracy: float, enough: bool) -> None:
    publish(store, "v1", None, 0.6, 10)
    publish(store, "v2", "v1", accuracy, 10)
    one = next(figures for figures in intent_figures(store) if figures.intent.name == "refund")
    assert one.enough is enough
    assert ("label others first" in facts(Shelf((one,), one, (), ()))) is enough


def test_an_intent_that_is_recognised_nearly_always_needs_no_more_rows(store: Store) -> None:
    publish(store, "v1", None, 1.0, 10)
    assert stopping_hints(store)[0].pays is False


def test_nothing_is_said_of_an_intent_that_has_too_few_rows_to_be_judged(store: Store) -> None:
    """One sentence at the desk would ask for more examples, and the other for none."""
    for version, parent in (("v1", None), ("v2", "v1")):
        publish(store, version, parent, 1.0, 10, judged=9)
        assert stopping_hints(store)[0].pays is None
    publish(store, "v3", "v2", 1.0, 10, judged=10)
    assert stopping_hints(store)[0].pays is False
