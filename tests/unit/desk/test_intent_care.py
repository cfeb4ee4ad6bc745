"""Promises of looking after intents: nothing is lost, everything is logged, and all of it can be undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.domain import Intent, LabelledText, Split, Version
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.services.desk.labeling import Labeling
from assistant.services.intents.care import IntentCare
from assistant.services.intents.figures import intent_figures
from assistant.store import Store, utc_now
from tests.fakes import FakeLive

VOUCHER = Intent("voucher", "Voucher", "Enter it at the till.")


def state(store: Store) -> object:
    with store.unit(read_only=True) as uow:
        labels = sorted((e.text, e.intent) for e in uow.examples.all())
        return labels, uow.intents.all(), uow.intents.retired(), uow.intents.to_erase()


def some(store: Store, care: IntentCare, name: str, count: int) -> list[int]:
    return [example.id for example in care.examples(name)][:count]


ACTIONS: dict[str, Callable[[IntentCare, Store], object]] = {
    "edit": lambda care, store: care.edit("refund", "Other", "Other answer.", "ada"),
    "merge": lambda care, store: care.merge("refund", "delivery", "ada"),
    "split": lambda care, store: care.split("refund", some(store, care, "refund", 2), VOUCHER, "ada"),
    "retire": lambda care, store: care.retire("refund", "ada", erase=True),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_each_change_of_an_intent_is_undone_as_a_whole(
    care: IntentCare, labeling: Labeling, store: Store, action: str
) -> None:
    before = state(store)
    ACTIONS[action](care, store)
    assert state(store) != before
    labeling.undo("ada")
    assert state(store) == before


def test_taking_into_use_again_and_undoing_it_remember_the_heir(
    care: IntentCare, labeling: Labeling, store: Store
) -> None:
    care.merge("refund", "delivery", "ada")
    care.restore("refund", "bob")
    labeling.undo("bob")
    with store.unit() as uow:
        assert uow.intents.retired() == {"refund": "delivery"}


def test_a_merge_moves_all_labels_and_retires_the_first(care: IntentCare, store: Store) -> None:
    assert care.merge("refund", "delivery", "ada") == 4
    with store.unit() as uow:
        assert {e.intent for e in uow.examples.all()} == {"delivery"}
        assert len(uow.examples.pending()) == 5
        assert uow.intents.retired() == {"refund": "delivery"}
    with pytest.raises(InputError, match="retired; use “Delivery”"):
        care.merge("refund", "delivery", "ada")
    with pytest.raises(InputError, match="retired; use “Delivery”"):
        care.edit("refund", "t", "a", "ada")
    with pytest.raises(InputError, match="retired; use “Delivery”"):
        care.retire("refund", "ada")


def test_a_split_takes_only_what_belongs_to_the_intent(care: IntentCare, store: Store) -> None:
    with pytest.raises(InputError, match="is not labelled “Refund”"):
        care.split("refund", some(store, care, "delivery", 1), VOUCHER, "ada")
    with pytest.raises(InputError, match="0 messages are chosen"):
        care.split("refund", [], VOUCHER, "ada")
    with pytest.raises(InputError, match="already exists"):
        care.split("refund", some(store, care, "refund", 1), Intent("delivery", "D", "A"), "ada")
    assert care.split("refund", some(store, care, "refund", 3), VOUCHER, "ada") == 3
    with store.unit() as uow:
        assert {e.text for e in uow.examples.of_intent("voucher")} == {"money 1", "money 2", "money 3"}


def test_a_retired_intent_is_no_label_any_more(
    care: IntentCare, labeling: Labeling, store: Store, live: FakeLive
) -> None:
    chat = Chat(store, live)
    message = chat.reply(chat.start().conversation_id, "hm").turns[1].message_id
    care.retire("refund", "ada")
    assert "refund" not in [intent.name for intent in labeling.intents()]
    assert labeling.item(message).choices == ("delivery", "person")
    with pytest.raises(InputError, match="“Refund” is retired"):
        labeling.correct(message, "refund", "ada")
    with pytest.raises(InputError, match="“Refund” is retired"):
        labeling.confirm(message, "ada")


def test_the_last_two_intents_cannot_be_retired(care: IntentCare) -> None:
    care.retire("invoice", "ada")
    care.retire("person", "ada")
    with pytest.raises(InputError, match="fewer than two"):
        care.retire("refund", "ada")


def test_the_figures_tell_rows_accuracy_confusions_and_what_is_lacking(
    care: IntentCare, labeling: Labeling, store: Store, live: FakeLive
) -> None:
    chat = Chat(store, live)
    labeling.correct(chat.reply(chat.start().conversation_id, "hm").turns[1].message_id, "delivery", "ada")
    with store.unit() as uow:
        uow.examples.add_many(
            [LabelledText(f"held {n}", "refund") for n in range(3)], source="i", operator="o", split=Split.HOLDOUT
        )
        for name, parent, accuracy in (("v1", None, 0.75), ("v2", "v1", 0.5)):
            report: dict[str, object] = {"intents": {"refund": {"before": None, "after": accuracy, "rows": 4}}}
            uow.versions.add(Version(name, parent, utc_now(), "ready", "e", "m", report))
        uow.versions.publish("v1", expected_live=None, learned=[], actor="ada", kind="publish", reason="first")
    one = next(figures for figures in intent_figures(store) if figures.intent.name == "refund")
    assert (one.train, one.holdout, one.lacking) == (4, 3, 7)
    assert (one.accuracies, one.confusions) == ((0.75,), (("delivery", 1),))  # v2 is held, and answers nobody


@pytest.mark.parametrize("title", ["Delivery", "  delivery ", "DELIVERY"])
def test_no_two_intents_in_use_get_the_same_title(
    care: IntentCare, labeling: Labeling, store: Store, title: str
) -> None:
    new, before = Intent("shipping", title, "Two days."), state(store)
    chosen = [example.id for example in care.examples("refund")]
    acts: tuple[Callable[[], object], ...] = (
        lambda: care.edit("refund", title, "Soon.", "ada"),
        lambda: care.split("refund", chosen, new, "ada"),
        lambda: labeling.create_intent(new, None, "ada"),
    )
    for act in acts:
        with pytest.raises(InputError, match="with the title “Delivery” already"):
            act()
        assert state(store) == before
    care.retire("delivery", "lea")
    labeling.create_intent(new, None, "ada")


def test_a_shop_that_has_a_title_twice_goes_on(care: IntentCare, store: Store) -> None:
    with store.unit() as uow:
        uow.intents.add(Intent("shipping", "Delivery", "Two days."), "seed")
    assert care.edit("shipping", "Delivery", "Three days.", "ada")
