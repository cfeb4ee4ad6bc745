"""A new intent needs a title in whatever script; its name is made of that where nobody types one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.domain import Intent
from assistant.services.conversation.chat import Chat
from assistant.services.desk.desk import DeskServices, desk_services
from assistant.store import Store
from assistant.store.proposals import Found
from tests.fakes import FakeLive


@pytest.fixture
def desk(store: Store, live: FakeLive) -> DeskServices:
    """Messages wait, and are proposed as two intents."""
    chat = Chat(store, live)
    said = [chat.reply(chat.start().conversation_id, text).turns[1].message_id for text in ("hmm", "oh", "well")]
    with store.unit() as uow:
        uow.examples.add("money", "refund", source="correction", operator="bob")
        for message in said[1:]:
            uow.proposals.add(Found("new_topic", (), None, "encoder-1", b"\0" * 8, (message,)))
    return desk_services(store, live)


def created(desk: DeskServices, new: Intent) -> None:
    desk.labeling.create_intent(new, desk.labeling.inbox().items[0].message_id, "ann")


def approved(desk: DeskServices, new: Intent) -> None:
    desk.proposals.approve(desk.proposals.list()[0].id, new, "ann")


def split_off(desk: DeskServices, new: Intent) -> None:
    desk.care.split("refund", [desk.care.examples("refund")[0].id], new, "ann")


@pytest.mark.parametrize("make", [created, approved, split_off])
@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Öffnungszeiten", "oeffnungszeiten"),
        ("Größe & Maße", "groesse_masse"),
        ("退货", "intent"),
        ("إرجاع", "intent"),
        ("Refund?", "refund_2"),
        ("24/7", "intent_24_7"),
    ],
)
def test_a_title_alone_will_do(
    desk: DeskServices, store: Store, make: Callable[[DeskServices, Intent], None], title: str, name: str
) -> None:
    make(desk, Intent("", title, "Please wait."))
    with store.unit(read_only=True) as uow:
        assert uow.intents.get(name).title == title
        assert name in {example.intent for example in uow.examples.all()}
    desk.labeling.undo("ann")
    with store.unit(read_only=True) as uow:
        assert name not in uow.intents.titles()


def test_titles_that_spell_no_name_get_names_of_their_own(desk: DeskServices, store: Store) -> None:
    for title in ("退货", "换货", "送货"):
        desk.labeling.create_intent(Intent("", title, "请稍等。"), None, "ann")
    with store.unit(read_only=True) as uow:
        titles = uow.intents.titles()
    assert [titles[name] for name in ("intent", "intent_2", "intent_3")] == ["退货", "换货", "送货"]
