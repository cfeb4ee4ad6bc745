"""What operators do with proposed intents, and how it is undone."""

from __future__ import annotations

import pytest

from assistant.domain import Intent
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.services.desk.labeling import Labeling
from assistant.services.desk.proposals import Proposals
from assistant.store import Store
from assistant.store.inbox import QUEUE
from assistant.store.proposals import Found, Status
from tests.fakes import FakeLive
from ui.desk import proposals as desk_proposals

GIFT = Intent("gift", "Gift wrapping", "We wrap it for 3 euro.")
CONTRAST: dict[str, object] = {
    "intent": "refund", "similarity": 0.31, "usual": 0.92, "terms": ["wrap"], "theirs": ["money"]
}  # fmt: skip


@pytest.fixture
def proposals(store: Store, live: FakeLive) -> Proposals:
    """One proposal of three messages, all of them in the queue."""
    chat = Chat(store, live)
    for text in ("wrap it please", "can you wrap it", "is it wrapped"):
        chat.reply(chat.start().conversation_id, text)
    with store.unit() as uow:
        members = tuple(message.id for message in uow.inbox.page(QUEUE, "need", 10, 0))
        uow.proposals.add(Found("wrap", ("wrap", "please"), CONTRAST, "encoder-1", b"\0" * 8, members))
    return Proposals(store)


def opened(proposals: Proposals) -> int:
    return proposals.list()[0].id


def labels(store: Store) -> dict[str, str]:
    with store.unit(read_only=True) as uow:
        return {example.text: example.intent for example in uow.examples.all()}


def test_a_proposal_shows_words_messages_and_why_it_is_not_the_nearest(proposals: Proposals) -> None:
    (view,) = proposals.list()
    assert (view.name, view.terms, view.nearest) == ("wrap", ("wrap", "please"), "refund")
    assert {text for _, text in view.messages} == {"wrap it please", "can you wrap it", "is it wrapped"}
    assert all(part in view.why for part in ("“Refund”", "0.31", "0.92", "wrap", "money"))


def test_approving_makes_the_intent_and_labels_its_messages_as_corrections(
    proposals: Proposals, store: Store, live: FakeLive
) -> None:
    assert proposals.approve(opened(proposals), GIFT, "ann") == 3
    assert labels(store) == dict.fromkeys(["wrap it please", "can you wrap it", "is it wrapped"], "gift")
    with store.unit(read_only=True) as uow:
        assert uow.intents.get("gift") == GIFT
        assert {(e.source, e.operator) for e in uow.examples.pending()} == {("correction", "ann")}
        assert [p.intent for p in uow.proposals.all(Status.APPROVED)] == ["gift"]
        entry = uow.audit.matching()[0]
    assert (entry.actor, entry.action, (entry.after or {})["intent"]) == ("ann", "approve_proposal", "gift")
    assert proposals.list() == []
    assert Labeling(store, live).count() == 0


def test_only_the_chosen_messages_are_labelled(proposals: Proposals, store: Store, live: FakeLive) -> None:
    chosen, text = proposals.list()[0].messages[0]
    assert proposals.approve(opened(proposals), GIFT, "ann", only={chosen, 999}) == 1
    assert labels(store) == {text: "gift"}
    assert Labeling(store, live).count() == 2


def test_merging_labels_the_messages_with_an_intent_that_exists(proposals: Proposals, store: Store) -> None:
    assert proposals.merge(opened(proposals), "delivery", "ann") == 3
    assert set(labels(store).values()) == {"delivery"}
    with store.unit(read_only=True) as uow:
        assert [p.intent for p in uow.proposals.all(Status.MERGED)] == ["delivery"]


def test_dismissing_labels_nothing(proposals: Proposals, store: Store, live: FakeLive) -> None:
    proposals.dismiss(opened(proposals), "ann")
    assert (proposals.list(), labels(store)) == ([], {})
    assert Labeling(store, live).count() == 3


@pytest.mark.parametrize("act", ["approve", "merge", "dismiss"])
def test_every_decision_can_be_undone(proposals: Proposals, store: Store, live: FakeLive, act: str) -> None:
    number = opened(proposals)
    before = proposals.list()
    if act == "approve":
        proposals.approve(number, GIFT, "ann")
    elif act == "merge":
        proposals.merge(number, "delivery", "ann")
    else:
        proposals.dismiss(number, "ann")
    labeling = Labeling(store, live)
    assert f"of proposal {number} undone" in labeling.undo("ann")
    assert proposals.list() == before
    assert labels(store) == {}
    assert labeling.count() == 3
    assert "gift" not in {intent.name for intent in labeling.intents()}
    with pytest.raises(InputError, match="nothing to undo"):
        labeling.undo("ann")


def test_an_undone_approval_gives_back_the_label_that_was_there(proposals: Proposals, store: Store) -> None:
    with store.unit() as uow:
        uow.examples.add("wrap it please", "refund", source="correction", operator="bob")
    proposals.approve(opened(proposals), GIFT, "ann")
    Labeling(store, FakeLive()).undo("ann")
    assert labels(store) == {"wrap it please": "refund"}


@pytest.mark.parametrize("act", ["approve", "merge"])
def test_what_a_colleague_labelled_meanwhile_stays_as_it_is_and_is_told(
    proposals: Proposals, store: Store, live: FakeLive, act: str
) -> None:
    number, chosen = opened(proposals), [message for message, _ in proposals.list()[0].messages]
    by_text = {text: message for message, text in proposals.list()[0].messages}
    Labeling(store, live).correct(by_text["wrap it please"], "refund", "bob")
    assert {text for _, text in proposals.list()[0].messages} == {"can you wrap it", "is it wrapped"}
    if act == "approve":
        told = desk_proposals.approve(proposals, "ann", number, chosen, GIFT).status
    else:
        told = desk_proposals.merge(proposals, "ann", number, chosen, "delivery").status
    assert "left as they are: 1." in told.text
    assert labels(store)["wrap it please"] == "refund"
    assert len(set(labels(store).values())) == 2


def test_a_topic_whose_messages_are_all_labelled_meanwhile_is_none_any_more(
    proposals: Proposals, store: Store, live: FakeLive
) -> None:
    number = opened(proposals)
    messages = [message for message, _ in proposals.list()[0].messages]
    for message in messages:
        Labeling(store, live).correct(message, "refund", "bob")
    assert proposals.list() == []
    with pytest.raises(InputError, match="all labelled meanwhile"):
        proposals.approve(number, GIFT, "ann", only=messages)
    assert "gift" not in {intent.name for intent in proposals.intents()}


@pytest.mark.parametrize(
    ("intent", "says"),
    [
        (Intent("gift", "Gift", "  "), "needs an answer"),
        (Intent("refund", "Gift", "a"), "already exists"),
        (Intent("gift", "refund ", "a"), "with the title “Refund” already"),
        (Intent("No Name", "Gift", "a"), "small letters"),
    ],
)
def test_an_intent_that_cannot_be_made_changes_nothing(
    proposals: Proposals, store: Store, intent: Intent, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        proposals.approve(opened(proposals), intent, "ann")
    assert len(proposals.list()) == 1
    assert labels(store) == {}


def test_a_decision_is_made_once(proposals: Proposals) -> None:
    number, name = opened(proposals), proposals.list()[0].name
    proposals.dismiss(number, "ann")
    with pytest.raises(InputError, match=f"topic {name!r} was dismissed meanwhile"):
        proposals.approve(number, GIFT, "bob")
    with pytest.raises(InputError, match="did not find topic 77 again"):
        proposals.merge(77, "delivery", "bob")


def test_nothing_chosen_and_no_such_intent_are_refused(proposals: Proposals, store: Store) -> None:
    with pytest.raises(InputError, match="Pick at least one"):
        proposals.approve(opened(proposals), GIFT, "ann", only=set())
    with pytest.raises(InputError, match="did you mean 'delivery'"):
        proposals.merge(opened(proposals), "delivry", "ann")
    assert labels(store) == {}
    assert len(proposals.list()) == 1
