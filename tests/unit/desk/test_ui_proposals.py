"""What an operator can do with proposed intents, with the real service and without a browser."""

from __future__ import annotations

import pytest

from assistant.domain import Intent
from assistant.services.conversation.chat import Chat
from assistant.services.desk.proposals import Proposals
from assistant.store import Store
from assistant.store.inbox import QUEUE
from assistant.store.proposals import Found
from tests.fakes import FakeLive
from ui.desk.proposals import approve, dismiss, heading, list_label, merge, open_topics, ticks

MARKUP = "<img src=x onerror=alert(1)> ${1+1}"
GIFT = Intent("gift", "Gift", "We wrap it.")
CONTRAST: dict[str, object] = {
    "intent": "refund", "similarity": 0.3, "usual": 0.9, "terms": ["<b>wrap"], "theirs": []
}  # fmt: skip


@pytest.fixture
def proposals(store: Store, live: FakeLive) -> Proposals:
    """Two proposals of two messages each; one message is markup."""
    chat = Chat(store, live)
    for text in (MARKUP, "wrap it", "very " * 200, "mend it"):
        chat.reply(chat.start().conversation_id, text)
    with store.unit() as uow:
        ids = sorted(message.id for message in uow.inbox.page(QUEUE, "need", 10, 0))
        uow.proposals.add(Found("wrap", ("wrap", "<i>"), CONTRAST, "e", b"\0" * 8, tuple(ids[:2])))
        uow.proposals.add(Found("mend", ("mend",), None, "e", b"\0" * 8, tuple(ids[2:])))
    return Proposals(store)


def test_one_proposal_is_open_and_a_made_up_one_never(proposals: Proposals) -> None:
    shown = open_topics(proposals)
    assert shown.selected == shown.proposals[0]
    assert open_topics(proposals, 98765).selected == shown.selected
    other = shown.proposals[1]
    assert open_topics(proposals, other.id).selected == other


def test_what_customers_write_is_never_html(proposals: Proposals) -> None:
    view = next(view for view in proposals.list() if view.name == "wrap")
    said = heading(open_topics(proposals, view.id))
    assert "<img" not in said
    assert "<b>wrap" not in said
    assert "&lt;i&gt;" in said
    assert "&lt;b&gt;wrap" in said
    assert ticks(view)[0] == (MARKUP, view.messages[0][0])  # a tick box shows its label as text


def test_a_long_message_is_shortened(proposals: Proposals) -> None:
    view = next(view for view in proposals.list() if view.name == "mend")
    assert max(len(label) for label, _ in ticks(view)) == 140
    assert list_label(view) == "mend\n2 messages: mend"


def test_each_decision_shows_what_is_left_and_says_what_happened(proposals: Proposals) -> None:
    first = open_topics(proposals)
    assert first.selected is not None
    chosen = [number for number, _ in first.selected.messages]
    after = approve(proposals, "ann", first.selected.id, chosen, GIFT)
    assert "“Gift” was added with 2 messages" in after.status.text
    assert after.selected is not None
    assert after.selected.id != first.selected.id
    done = dismiss(proposals, "ann", after.selected.id)
    assert (done.proposals, done.selected, done.status.is_problem) == ((), None, False)
    assert "No new topic" in heading(done)


def test_merging_says_so(proposals: Proposals) -> None:
    view = open_topics(proposals).proposals[0]
    shown = merge(proposals, "ann", view.id, [view.messages[0][0]], "delivery")
    assert shown.status.text.startswith("Labelled “Delivery”: 1 message.")


def test_what_is_missing_is_said_and_nothing_happens(proposals: Proposals) -> None:
    view = open_topics(proposals).proposals[0]
    everything = [number for number, _ in view.messages]
    problems = [
        approve(proposals, "ann", view.id, everything, Intent("gift", " ", "a")),
        approve(proposals, "ann", view.id, everything, Intent("gift", "Gift", " ")),
        approve(proposals, "ann", view.id, [], GIFT),
        approve(proposals, "ann", None, everything, GIFT),
        merge(proposals, "ann", view.id, everything, None),
        dismiss(proposals, "ann", 98765),
    ]
    assert all(shown.status.is_problem for shown in problems)
    assert len(problems[-1].proposals) == 2
