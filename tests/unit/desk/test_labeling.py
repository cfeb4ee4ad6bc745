"""Promises of the desk: everything is logged with before and after, and can be undone step by step."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from assistant.domain import Action, Intent, LabelledText, Signal, Split, Version
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.services.desk.labeling import Labeling
from assistant.services.views import ImportCounts
from assistant.store import AuditEntry, Store
from tests.fakes import FakeLive

SURE = "I want my money back"
VOUCHER = Intent("voucher", "Voucher", "Enter it at the till.")


@pytest.fixture
def chat(store: Store, live: FakeLive) -> Chat:
    live.says[SURE] = (("refund", 0.95), ("delivery", 0.05))
    return Chat(store, live)


@pytest.fixture
def labeling(store: Store, live: FakeLive) -> Labeling:
    return Labeling(store, live)


@pytest.fixture
def unsure(chat: Chat) -> int:
    """A queued message, `hmm`, for which the model says refund with 0.4."""
    return chat.reply(chat.start().conversation_id, "hmm").turns[1].message_id


def labels(store: Store) -> dict[str, str]:
    with store.unit(read_only=True) as uow:
        return {example.text: example.intent for example in uow.examples.all()}


def newest_audit(store: Store) -> AuditEntry:
    with store.unit(read_only=True) as uow:
        return uow.audit.matching()[0]


def learn_all(store: Store) -> None:
    with store.unit() as uow:
        uow.versions.add(Version("v1", None, datetime(2025, 1, 1, tzinfo=UTC), "ready", "e", "m", {}))
        ids = [example.id for example in uow.examples.pending()]
        uow.versions.publish("v1", expected_live=None, learned=ids, actor="ada", kind="publish", reason="test")


def test_a_message_that_was_taken_for_an_intent_merged_since_is_labelled_with_its_heir_by_one_key(
    labeling: Labeling, unsure: int, store: Store
) -> None:
    with store.unit() as uow:
        uow.intents.add(Intent("invoice", "Invoice", "It is in your account."), "seed")
        uow.intents.retire("refund", into="invoice")
    assert labeling.item(unsure).choices == ("invoice", "delivery", "person")
    labeling.confirm(unsure, "ann")
    assert labels(store) == {"hmm": "invoice"}


def test_the_queue_says_why_in_its_order(chat: Chat, labeling: Labeling) -> None:
    chat.reply(chat.start().conversation_id, "hmm")
    for rating in (Signal.THUMBS_DOWN, Signal.NOT_MEANT, Signal.THUMBS_UP):
        view = chat.reply(chat.start().conversation_id, SURE)
        chat.signal(view.conversation_id, view.turns[-1].message_id, rating)
    handed_over = chat.reply(chat.start().conversation_id, SURE).conversation_id
    chat.hand_over(handed_over)
    assert [(item.text, item.reason, item.predicted) for item in labeling.inbox().items] == [
        (SURE, "thumbs down", "refund"),
        (SURE, "not what the customer meant", "refund"),
        (SURE, "handed over", "refund"),
        ("hmm", "low confidence 0.40", "refund"),
    ]
    assert labeling.count() == 4
    assert [item.reason for item in labeling.inbox().items[2:3]] == ["handed over"]


def test_an_item_shows_what_is_needed_to_label_it(labeling: Labeling, unsure: int) -> None:
    item = labeling.item(unsure)
    assert (item.message_id, item.text, item.reason, item.label) == (
        unsure,
        "hmm",
        "low confidence 0.40",
        None,
    )
    assert [score.intent for score in item.suggestions] == ["refund", "delivery", "person"]
    assert len(item.neighbours) == 5
    assert [turn.role for turn in item.conversation] == ["assistant", "user", "assistant"]
    labeling.correct(unsure, "delivery", "ada")
    assert labeling.item(unsure).label == "delivery"


def test_an_item_is_embedded_again_only_for_another_encoder(labeling: Labeling, unsure: int, live: FakeLive) -> None:
    live.asked.clear()
    labeling.item(unsure)
    assert live.asked == []
    live.encoder_hash = "encoder-2"
    labeling.item(unsure)
    assert live.asked == ["hmm"]


def test_a_message_no_model_has_seen_gets_suggestions_but_no_confirmation(chat: Chat, labeling: Labeling) -> None:
    talk = chat.start().conversation_id
    chat.hand_over(talk)
    silent = chat.reply(talk, SURE).turns[-1].message_id
    item = labeling.item(silent)
    assert (item.reason, item.suggestions[0].intent) == ("written to a person", "refund")
    with pytest.raises(InputError, match="no prediction"):
        labeling.confirm(silent, "ada")


def test_confirming_takes_the_prediction(labeling: Labeling, unsure: int, store: Store) -> None:
    labeling.confirm(unsure, "ada")
    assert labels(store) == {"hmm": "refund"}
    assert labeling.count() == 0
    with store.unit() as uow:
        (example,) = uow.examples.all()
    assert (example.source, example.operator, example.message_id) == ("confirmation", "ada", unsure)


def test_confirming_a_choice_takes_what_the_customer_chose(chat: Chat, labeling: Labeling, store: Store) -> None:
    view = chat.reply(chat.start().conversation_id, "hmm")
    chat.choose(view.conversation_id, view.turns[-1].message_id, "delivery")
    assert labeling.inbox().items[0].predicted == "delivery"
    labeling.confirm(view.turns[1].message_id, "ada")
    assert labels(store) == {"hmm": "delivery"}


def test_every_action_is_logged_with_before_and_after(labeling: Labeling, unsure: int, store: Store) -> None:
    labeling.correct(unsure, "delivery", "ada")
    labeling.correct(unsure, "refund", "bob")
    entry = newest_audit(store)
    assert (entry.actor, entry.action, entry.subject) == ("bob", "correct", f"message/{unsure}")
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["intent"], entry.after["intent"]) == ("delivery", "refund")
    labeling.undo("bob")
    entry = newest_audit(store)
    assert (entry.actor, entry.action) == ("bob", "undo")
    assert entry.before is not None
    assert entry.before["intent"] == "refund"


ACTIONS: dict[str, Callable[[Labeling, int], object]] = {
    "confirm": lambda desk, message: desk.confirm(message, "ada"),
    "correct": lambda desk, message: desk.correct(message, "delivery", "ada"),
    "skip": lambda desk, message: desk.skip(message, "ada"),
    "create_intent": lambda desk, message: desk.create_intent(VOUCHER, message, "ada"),
    "create_intent_alone": lambda desk, message: desk.create_intent(VOUCHER, None, "ada"),
    "import": lambda desk, message: desk.import_rows(
        [LabelledText("hmm", "delivery"), LabelledText("other", "refund")], "ada"
    ),
}


@pytest.mark.parametrize("earlier", [None, "refund", "person"])
@pytest.mark.parametrize("action", ACTIONS)
def test_undo_restores_what_was_before(
    labeling: Labeling, unsure: int, store: Store, action: str, earlier: str | None
) -> None:
    if earlier:
        labeling.correct(unsure, earlier, "bob")
    before = (labels(store), labeling.inbox().items, labeling.intents())
    ACTIONS[action](labeling, unsure)
    assert labeling.undo("ada")
    assert (labels(store), labeling.inbox().items, labeling.intents()) == before
    with pytest.raises(InputError, match="nothing to undo"):
        labeling.undo("ada")


def test_undo_goes_back_step_by_step_and_says_what_it_did(labeling: Labeling, unsure: int, store: Store) -> None:
    labeling.correct(unsure, "delivery", "ada")
    labeling.correct(unsure, "refund", "ada")
    assert labeling.undo("ada") == "label “Refund” of 'hmm' undone"
    assert labels(store) == {"hmm": "delivery"}
    assert labeling.undo("ada") == "label “Delivery” of 'hmm' undone"
    assert labels(store) == {}
    assert labeling.count() == 1


def test_undo_leaves_other_operators_alone(labeling: Labeling, unsure: int, store: Store) -> None:
    labeling.correct(unsure, "delivery", "ada")
    with pytest.raises(InputError, match="nothing to undo"):
        labeling.undo("bob")
    labeling.correct(unsure, "refund", "bob")
    assert labeling.undo("ada") == "label “Delivery” of 'hmm' undone; “Refund”, given by bob since, stays"
    assert (labels(store), labeling.count()) == ({"hmm": "refund"}, 0)


def test_a_learned_label_cannot_be_undone_but_can_be_corrected(labeling: Labeling, unsure: int, store: Store) -> None:
    labeling.correct(unsure, "delivery", "ada")
    learn_all(store)
    with pytest.raises(InputError, match="correct it again"):
        labeling.undo("ada")
    labeling.correct(unsure, "refund", "ada")
    assert labeling.undo("ada")
    assert labels(store) == {"hmm": "delivery"}


def test_an_intent_that_others_use_is_not_removed_by_undo(labeling: Labeling, unsure: int, store: Store) -> None:
    labeling.create_intent(VOUCHER, unsure, "ada")
    labeling.import_rows([LabelledText("I have a voucher", "voucher")], "bob")
    with pytest.raises(InputError, match="cannot be removed"):
        labeling.undo("ada")
    assert labels(store) == {"hmm": "voucher", "I have a voucher": "voucher"}


def test_the_same_action_twice_is_harmless(labeling: Labeling, unsure: int, store: Store) -> None:
    for _ in range(2):
        labeling.correct(unsure, "delivery", "ada")
    assert labels(store) == {"hmm": "delivery"}
    labeling.undo("ada")
    labeling.undo("ada")
    assert labels(store) == {}


@pytest.mark.parametrize("intent", ["refunds", "", "\ud800", "x" * 10**6])
def test_an_unknown_intent_changes_nothing(labeling: Labeling, unsure: int, store: Store, intent: str) -> None:
    with pytest.raises(InputError, match="unknown intent"):
        labeling.correct(unsure, intent, "ada")
    assert (labels(store), labeling.count()) == ({}, 1)


def test_a_refused_new_intent_leaves_the_message_queued(labeling: Labeling, unsure: int) -> None:
    for bad in (Intent("Bad Name", "Title", "Answer"), Intent("refund", "Taken", "Taken")):
        with pytest.raises(InputError):
            labeling.create_intent(bad, unsure, "ada")
    with pytest.raises(InputError):
        labeling.create_intent(VOUCHER, 999, "ada")
    assert labeling.count() == 1
    assert "voucher" not in [intent.name for intent in labeling.intents()]


@pytest.mark.parametrize("forged", [0, -1, 999, 2**63])
def test_an_unknown_message_is_refused_everywhere(labeling: Labeling, forged: int) -> None:
    for attempt in (
        lambda: labeling.item(forged),
        lambda: labeling.confirm(forged, "ada"),
        lambda: labeling.correct(forged, "refund", "ada"),
        lambda: labeling.skip(forged, "ada"),
    ):
        with pytest.raises(InputError):
            attempt()


def test_what_the_assistant_said_cannot_be_labelled(labeling: Labeling, unsure: int) -> None:
    with pytest.raises(InputError, match="written by the assistant"):
        labeling.correct(unsure + 1, "refund", "ada")


def test_an_import_counts_what_it_did(labeling: Labeling, unsure: int, store: Store) -> None:
    labeling.correct(unsure, "delivery", "bob")
    rows = [
        LabelledText("HMM", "refund"),
        LabelledText("new one", "refund"),
        LabelledText("New  One", "refund"),
        LabelledText("another", "delivery"),
    ]
    assert labeling.import_rows(rows, "ada", split=Split.HOLDOUT) == ImportCounts(2, 1, 0)
    assert labeling.import_rows(rows, "ada") == ImportCounts(0, 0, 3)
    with store.unit() as uow:
        # What bob labelled was there to train on, and stays so.
        assert sorted(example.text for example in uow.examples.holdout()) == ["New  One", "another"]
    assert labeling.undo("ada") == "import of 4 rows undone"
    assert labeling.undo("ada") == "import of 4 rows undone"
    assert labels(store) == {"hmm": "delivery"}


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (LabelledText("", "refund"), "row 3.*empty"),
        (LabelledText("x" * 2**20, "refund"), "row 3.*1,048,576"),
        (LabelledText("text", "refunds"), "row 3.*'refunds'.*'refund'"),
        (LabelledText("FIRST", "delivery"), "row 3 labels.*'delivery'.*row 1.*'refund'"),
    ],
)
def test_an_import_is_all_or_nothing_and_names_the_row(
    labeling: Labeling, store: Store, bad: LabelledText, says: str
) -> None:
    rows = [LabelledText("first", "refund"), LabelledText("second", "refund"), bad]
    with pytest.raises(InputError, match=says):
        labeling.import_rows(rows, "ada")
    assert labels(store) == {}


def test_an_intent_that_hands_over_can_be_created(labeling: Labeling) -> None:
    labeling.create_intent(Intent("fraud", "Fraud", "", action=Action.HAND_OVER), None, "ada")
    assert "fraud" in [intent.name for intent in labeling.intents()]
