"""Promises of the inbox: every filter narrows to what it says, in every order, page by page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from assistant.dialogue.text import clean
from assistant.domain import Decision, LabelledText, Signal, Thresholds
from assistant.errors import InputError
from assistant.services.desk.filtering import inbox_filter
from assistant.services.desk.labeling import PAGE_SIZE, Labeling
from assistant.services.desk.reasons import choices, why
from assistant.store import Store, text_hash
from assistant.store.inbox import SHOWN, SORTS, InboxFilter
from tests.fakes import FakeClock, FakeLive, prediction
from tests.write_lock import computed
from ui.desk.filters import SHOWN as SHOWN_CHOICES
from ui.desk.filters import SORTS as SORT_CHOICES

DAY = datetime(2025, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def labeling(store: Store, live: FakeLive) -> Labeling:
    return Labeling(store, live)


def write(store: Store, text: str, sure: float, decision: Decision = Decision.CLARIFY, intent: str = "refund") -> int:
    with store.unit() as uow:
        return uow.conversations.add_user_message(
            uow.conversations.create(), text, decision=decision, prediction=prediction(text, (intent, sure)),
            encoder="encoder-1", thresholds=Thresholds(0.7), version="v1",
        )  # fmt: skip


@pytest.fixture
def messages(store: Store, clock: FakeClock) -> dict[str, int]:
    """Three on the first of March, two on the second; Parcel late is labelled, sure and so is not in the queue."""
    found = {"parcel here": write(store, "parcel here", 0.2), "Größe": write(store, "Größe", 0.4, intent="delivery")}
    found["handed"] = write(store, "handed", 0.6, Decision.HAND_OVER)
    clock.forward(days=1)
    found["Parcel late"] = write(store, "Parcel late", 0.9, Decision.ANSWER)
    found["complaint"] = write(store, "complaint", 0.95, Decision.ANSWER, "delivery")
    with store.unit() as uow:
        uow.conversations.add_signal(found["complaint"], Signal.NOT_MEANT)
        uow.examples.add("parcel LATE", "person", source="correction", operator="ada")
    return found


def texts(labeling: Labeling, sort: str = "need", **wanted: Any) -> list[str]:
    page = labeling.inbox(InboxFilter(**wanted), sort)
    assert page.total == len(page.items)
    return [item.text for item in page.items]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, ["complaint", "handed", "parcel here", "Größe"]),
        ({"shown": "all", "words": "PARCEL"}, ["parcel here", "Parcel late"]),
        ({"words": "grösse"}, []),
        ({"words": "größe"}, ["Größe"]),
        ({"words": "100%_"}, []),
        ({"shown": "unlabelled"}, ["complaint", "handed", "parcel here", "Größe"]),
        ({"shown": "all", "labelled": "person"}, ["Parcel late"]),
        ({"shown": "all", "predicted": "delivery"}, ["complaint", "Größe"]),
        ({"shown": "all", "least": 0.4, "most": 0.9}, ["handed", "Größe", "Parcel late"]),
        ({"shown": "all", "decision": Decision.ANSWER}, ["complaint", "Parcel late"]),
        ({"signal": Signal.NOT_MEANT}, ["complaint"]),
        ({"since": DAY, "shown": "all"}, ["complaint", "Parcel late"]),
        ({"until": DAY, "shown": "all"}, ["handed", "parcel here", "Größe"]),
    ],
)
def test_each_filter_keeps_what_it_says(
    labeling: Labeling, messages: dict[str, int], wanted: dict[str, Any], found: list[str]
) -> None:
    found = sorted(found) if "grösse" not in wanted.values() else ["Größe"]  # ß and ss are one letter when folded
    assert sorted(texts(labeling, **wanted)) == found


def test_each_order_is_the_one_it_says(labeling: Labeling, messages: dict[str, int]) -> None:
    assert texts(labeling) == ["complaint", "handed", "parcel here", "Größe"]
    everything = [texts(labeling, sort, shown="all") for sort in ("need", "newest", "least_sure")]
    assert everything == [
        ["complaint", "handed", "parcel here", "Größe", "Parcel late"],
        ["complaint", "Parcel late", "handed", "Größe", "parcel here"],
        ["parcel here", "Größe", "handed", "Parcel late", "complaint"],
    ]


def test_messages_whose_label_would_teach_most_come_first(
    labeling: Labeling, store: Store, messages: dict[str, int]
) -> None:
    with store.unit() as uow:
        uow.labels.set_values({messages["Größe"]: 0.4, messages["parcel here"]: 0.9})
    assert texts(labeling, "value", shown="all")[:2] == ["parcel here", "Größe"]


def test_the_page_offers_exactly_the_orders_and_selections_there_are() -> None:
    assert {name for _, name in SORT_CHOICES} == set(SORTS)
    assert {name for _, name in SHOWN_CHOICES} == set(SHOWN)


def test_pages_do_not_overlap_and_a_page_beyond_is_the_last(labeling: Labeling, store: Store) -> None:
    for number in range(PAGE_SIZE + 3):
        write(store, f"text {number}", 0.1)
    first, second, beyond = (labeling.inbox(InboxFilter(), number=number) for number in (1, 2, 99))
    assert (len(first.items), len(second.items), first.pages) == (PAGE_SIZE, 3, 2)
    assert not {item.message_id for item in first.items} & {item.message_id for item in second.items}
    assert (beyond.number, beyond.items) == (2, second.items)


def test_the_inbox_tells_the_label_that_a_text_has(labeling: Labeling, messages: dict[str, int]) -> None:
    page = labeling.inbox(InboxFilter(shown="all", words="parcel"), "newest")
    assert [(item.text, item.label) for item in page.items] == [("Parcel late", "person"), ("parcel here", None)]


def test_what_the_customer_chose_counts_as_predicted(
    labeling: Labeling, store: Store, messages: dict[str, int]
) -> None:
    with store.unit() as uow:
        uow.conversations.set_choice(messages["handed"], "person")
    assert texts(labeling, predicted="person") == ["handed"]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"since": "31.1.2026"}, "'31.1.2026' is not a day"),
        ({"since": "2026-02-01", "until": "2026-01-31"}, "2026-01-31 is before"),
        ({"least": -5}, "“Sure from %” is -5: please give a percentage"),
        ({"least": 101}, "101"),
        ({"most": float("nan")}, "“to %” is nan"),
        ({"least": 60, "most": 50}, "at least 60 % and at most 50 %"),
        ({"decision": "guess"}, "unknown decision 'guess'"),
        ({"signal": "smile"}, "unknown signal 'smile'"),
        ({"shown": "nothing"}, "unknown selection 'nothing'"),
        ({"words": "x" * 201}, "200"),
    ],
)
def test_a_filter_that_means_nothing_is_refused_by_its_value(typed: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        inbox_filter(**typed)


def test_the_last_day_is_part_of_the_filter() -> None:
    wanted = inbox_filter(since="2026-01-31", until="2026-01-31", least=0, most=100)
    assert (wanted.since, wanted.until) == (datetime(2026, 1, 31, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    assert (wanted.least, wanted.most) == (None, None)


@pytest.mark.parametrize("forged", [{"predicted": "nope"}, {"labelled": "nope"}])
def test_forged_intents_and_orders_are_refused(labeling: Labeling, forged: dict[str, str]) -> None:
    with pytest.raises(InputError, match="unknown intent 'nope'"):
        labeling.inbox(InboxFilter(**forged))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown order 'random'"):
        labeling.inbox(InboxFilter(), "random")


def test_it_says_in_words_why_a_message_is_there(store: Store, messages: dict[str, int]) -> None:
    with store.unit() as uow:
        told = {text: " ".join(why(uow.conversations.message(number))) for text, number in messages.items()}
    assert "20% sure of its best guess; 95 in 100 right ones reach 70%" in told["parcel here"]
    assert told["complaint"].startswith("The customer said that the answer is not what they meant.")
    assert "handed the conversation over" in told["handed"]
    assert told["Parcel late"].startswith("It is not in the queue")


def test_number_keys_pick_suggestions_first_then_neighbours_and_never_a_retired_intent() -> None:
    assert choices(["a", "b"], ["b", "c", "gone"], {"a", "b", "c"}) == ("a", "b", "c")
    many = [f"i{number}" for number in range(12)]
    assert len(choices(many, [], set(many))) == 9


def test_a_bulk_label_reaches_every_hit_and_is_undone_as_one(labeling: Labeling, store: Store) -> None:
    for number in range(PAGE_SIZE + 5):
        write(store, f"parcel {number}", 0.1)
    write(store, "something else", 0.1)
    labeling.import_rows([LabelledText("PARCEL 3", "refund")], "bob")
    preview = labeling.bulk.preview(InboxFilter(words="parcel"), "delivery")
    assert (len(preview.messages), preview.labels) == (PAGE_SIZE + 5, {None: PAGE_SIZE + 4, "refund": 1})
    assert labeling.bulk.label(preview, "ada") == PAGE_SIZE + 5
    assert labeling.count() == 1
    assert labeling.undo("ada") == f"label “Delivery” of {PAGE_SIZE + 5} messages undone"
    assert labeling.count() == PAGE_SIZE + 6
    with store.unit() as uow:
        assert [(e.text, e.intent) for e in uow.examples.all()] == [("PARCEL 3", "refund")]


def test_a_bulk_undo_leaves_alone_what_was_handled_before(labeling: Labeling, store: Store) -> None:
    one, two = write(store, "parcel 1", 0.1), write(store, "parcel 2", 0.1)
    labeling.correct(one, "refund", "bob")
    labeling.bulk.label(labeling.bulk.preview(InboxFilter(shown="all"), "delivery"), "ada")
    labeling.undo("ada")
    assert [item.message_id for item in labeling.inbox().items] == [two]


def test_a_bulk_undo_leaves_what_a_colleague_has_labelled_since(labeling: Labeling, store: Store) -> None:
    one, two, three = (write(store, f"parcel {number}", 0.1) for number in range(3))
    labeling.import_rows([LabelledText("parcel 0", "person"), LabelledText("parcel 1", "person")], "bob")
    labeling.bulk.label(labeling.bulk.preview(InboxFilter(), "delivery"), "ada")
    labeling.correct(two, "refund", "bob")
    told = "label “Delivery” of 3 messages undone; “Refund”, given by bob since, stays"
    assert labeling.undo("ada") == told
    assert {item.message_id for item in labeling.inbox().items} == {one, three}
    with store.unit(read_only=True) as uow:
        assert {e.text: e.intent for e in uow.examples.all()} == {"parcel 0": "person", "parcel 1": "refund"}


def test_a_bulk_label_leaves_what_a_colleague_has_labelled_since_the_preview(labeling: Labeling, store: Store) -> None:
    one, two, _ = (write(store, f"parcel {number}", 0.1) for number in range(3))
    preview = labeling.bulk.preview(InboxFilter(), "delivery")
    labeling.correct(one, "delivery", "bob")  # as the preview said
    labeling.correct(two, "refund", "bob")
    with pytest.raises(InputError, match=r"1 of these texts got another label .* nothing was labelled"):
        labeling.bulk.label(preview, "ada")
    labeling.undo("bob")
    assert labeling.bulk.label(preview, "ada") == 2


def test_a_bulk_label_cleans_and_hashes_its_texts_while_others_can_write(
    labeling: Labeling, store: Store, database: Path
) -> None:
    for number in range(3):
        write(store, f"parcel {number}", 0.1)
    preview = labeling.bulk.preview(InboxFilter(), "delivery")
    codes = (clean.__code__, text_hash.__code__)
    free, locked = computed(database, lambda: labeling.bulk.label(preview, "ada"), codes)
    assert (free, locked) == ({"clean", "text_hash"}, set())
    assert labeling.count() == 0


def test_a_bulk_label_of_nothing_or_to_nothing_is_refused(labeling: Labeling, messages: dict[str, int]) -> None:
    with pytest.raises(InputError, match="finds no message"):
        labeling.bulk.preview(InboxFilter(words="zzz"), "delivery")
    with pytest.raises(InputError, match="unknown intent"):
        labeling.bulk.preview(InboxFilter(), "deliveries")


def test_a_sure_message_that_was_asked_back_was_unlike_what_is_known(store: Store, messages: dict[str, int]) -> None:
    with store.unit() as uow:
        message = uow.conversations.message(messages["parcel here"])
    (told,) = why(replace(message, confidence=0.9, decision=Decision.CLARIFY, scores=(), signals=frozenset()))
    assert "90% sure, but the message is unlike what it has learned" in told
