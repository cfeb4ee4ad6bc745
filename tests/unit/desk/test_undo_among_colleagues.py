"""Promises of undo where two operators label the same text: each takes back what is their own, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.domain import Intent, LabelledText
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.services.desk.labeling import Labeling
from assistant.services.intents.care import IntentCare
from assistant.store import Store
from assistant.store.inbox import InboxFilter
from tests.fakes import FakeLive

VOUCHER = Intent("voucher", "Voucher", "Enter it at the till.")


@pytest.fixture
def labeling(store: Store, live: FakeLive) -> Labeling:
    return Labeling(store, live)


@pytest.fixture
def unsure(store: Store, live: FakeLive) -> int:
    """A queued message, `hmm`."""
    chat = Chat(store, live)
    return chat.reply(chat.start().conversation_id, "hmm").turns[1].message_id


def labels(store: Store) -> dict[str, str]:
    with store.unit(read_only=True) as uow:
        return {example.text: example.intent for example in uow.examples.all()}


def label_all(labeling: Labeling, operator: str) -> None:
    labeling.bulk.label(labeling.bulk.preview(InboxFilter(words="hmm", shown="all"), "refund"), operator)


GIVEN: dict[str, Callable[[Labeling, int], object]] = {
    "correct": lambda desk, message: desk.correct(message, "refund", "ada"),
    "bulk": lambda desk, message: label_all(desk, "ada"),
    "import": lambda desk, message: desk.import_rows([LabelledText("hmm", "refund")], "ada"),
    "create_intent": lambda desk, message: desk.create_intent(VOUCHER, message, "ada"),
}


@pytest.mark.parametrize("given", GIVEN)
def test_a_label_that_a_colleague_has_replaced_does_not_hide_what_was_done_before(
    labeling: Labeling, unsure: int, store: Store, given: str
) -> None:
    labeling.import_rows([LabelledText("older", "person")], "ada")
    GIVEN[given](labeling, unsure)
    labeling.correct(unsure, "delivery", "bob")
    assert "“Delivery”, given by bob since, stays" in labeling.undo("ada")
    assert labels(store) == {"older": "person", "hmm": "delivery"}
    assert labeling.count() == 0
    labeling.undo("ada")
    assert labels(store) == {"hmm": "delivery"}
    with pytest.raises(InputError, match="nothing to undo"):
        labeling.undo("ada")


@pytest.mark.parametrize("earlier", [{}, {"hmm": "person"}])
@pytest.mark.parametrize("given", GIVEN)
def test_the_colleagues_undo_brings_back_no_label_that_was_taken_back(
    labeling: Labeling, unsure: int, store: Store, given: str, earlier: dict[str, str]
) -> None:
    labeling.import_rows([LabelledText(text, intent) for text, intent in earlier.items()], "cy")
    GIVEN[given](labeling, unsure)
    labeling.correct(unsure, "delivery", "bob")
    labeling.undo("ada")
    labeling.undo("bob")
    assert labels(store) == earlier
    assert labeling.count() or earlier  # what has no label waits for one


@pytest.mark.parametrize("order", [("ada", "bob", "cy"), ("bob", "ada", "cy"), ("cy", "bob", "ada")])
def test_three_labels_of_one_text_are_taken_back_in_any_order(
    labeling: Labeling, unsure: int, store: Store, order: tuple[str, ...]
) -> None:
    for operator, intent in (("ada", "refund"), ("bob", "delivery"), ("cy", "person")):
        labeling.correct(unsure, intent, operator)
    for operator in order:
        assert labeling.undo(operator)
    assert (labels(store), labeling.count()) == ({}, 1)


@pytest.mark.parametrize("again", ["confirm", "bulk"])
@pytest.mark.parametrize("given", ["correct", "bulk", "import"])
def test_a_label_that_two_people_give_stays_until_both_have_taken_it_back(
    labeling: Labeling, unsure: int, store: Store, given: str, again: str
) -> None:
    labeling.import_rows([LabelledText("hmm", "delivery")], "cy")
    GIVEN[given](labeling, unsure)
    labeling.confirm(unsure, "bob") if again == "confirm" else label_all(labeling, "bob")
    assert "“Refund”, given by bob since, stays" in labeling.undo("ada")
    assert (labels(store), labeling.count()) == ({"hmm": "refund"}, 0)
    assert "stays" not in labeling.undo("bob")
    assert labels(store) == {"hmm": "delivery"}


@pytest.mark.parametrize("many", [False, True])
def test_who_takes_back_a_label_that_was_there_before_is_told_that_it_stays(
    labeling: Labeling, unsure: int, store: Store, many: bool
) -> None:
    labeling.correct(unsure, "refund", "ada")
    label_all(labeling, "bob") if many else labeling.correct(unsure, "refund", "bob")
    assert labeling.undo("bob").endswith("; “Refund”, given by ada before, stays")
    assert (labels(store), labeling.count()) == ({"hmm": "refund"}, 0)
    labeling.undo("ada")
    assert (labels(store), labeling.count()) == ({}, 1)


def test_a_label_that_two_people_gave_comes_back_when_who_replaced_it_takes_that_back(
    labeling: Labeling, unsure: int, store: Store
) -> None:
    for operator, intent in (("ada", "refund"), ("bob", "refund"), ("cy", "delivery")):
        labeling.correct(unsure, intent, operator)
    labeling.undo("ada")
    labeling.undo("cy")
    assert labels(store) == {"hmm": "refund"}
    labeling.undo("bob")
    assert (labels(store), labeling.count()) == ({}, 1)


def test_a_label_given_after_another_was_taken_back_leaves_that_gone(
    labeling: Labeling, unsure: int, store: Store
) -> None:
    labeling.correct(unsure, "refund", "ada")
    labeling.correct(unsure, "delivery", "bob")
    labeling.undo("ada")
    labeling.correct(unsure, "person", "cy")
    labeling.undo("bob")
    labeling.undo("cy")
    assert (labels(store), labeling.count()) == ({}, 1)


def test_a_wording_that_a_colleague_has_replaced_stays_and_does_not_hide_what_was_done_before(
    labeling: Labeling, unsure: int, store: Store
) -> None:
    care = IntentCare(store)
    labeling.correct(unsure, "delivery", "ada")
    care.edit("refund", "Refund", "In a week.", "ada")
    care.edit("refund", "Refund", "Never.", "bob")
    assert "your wording of “Refund”, which was edited again since; that stays" in labeling.undo("ada")
    assert care.wordings("refund")[0].answer == "Never."
    assert "label “Delivery” of 'hmm' undone" in labeling.undo("ada")
    assert labels(store) == {}
