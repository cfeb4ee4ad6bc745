"""What the desk says of intents it says by their titles, as its buttons and lists do; never by internal names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from assistant.domain import Intent
from assistant.errors import InputError
from assistant.monitoring.label_errors import SuspectLabel
from assistant.services.conversation.chat import Chat
from assistant.services.desk.conflicts import Conflict
from assistant.services.desk.desk import DeskServices, desk_services
from assistant.services.views import Seen, SignedIn
from assistant.store import Store
from assistant.store.inbox import InboxFilter
from tests.fakes import FakeLive
from ui.desk.instant_tab import draw
from ui.desk.intents import edit, go_back, merge, open_intents, restore, retire, split, undo
from ui.desk.intents_html import facts
from ui.desk.titles import titles_of

LEAD = SignedIn("token", "csrf", "ann", "lead", datetime(2025, 1, 1, tzinfo=UTC))
LOWEST = Intent("price_protection", "Lowest price", "We pay the difference.")
SOONEST = Intent("express_delivery", "Tomorrow", "By noon.")
NEW = Intent("gift_wrap", "As a present", "We wrap it.")
ASKED = "cheaper now"


@pytest.fixture
def desk(store: Store, live: FakeLive) -> DeskServices:
    with store.unit() as uow:
        for intent in (LOWEST, SOONEST):
            uow.intents.add(intent, "seed")
        uow.examples.add("half the price", LOWEST.name, source="import", operator="seed")
        uow.examples.add("by tomorrow", SOONEST.name, source="import", operator="seed")
    chat = Chat(store, live)
    chat.reply(chat.start().conversation_id, ASKED)
    return desk_services(store, live)


def asked(desk: DeskServices) -> int:
    return desk.labeling.inbox().items[0].message_id


def split_off(desk: DeskServices) -> object:
    return split(desk, LEAD, LOWEST.name, [desk.care.examples(LOWEST.name)[0].id], NEW, LOWEST.name)


def label_all(desk: DeskServices) -> object:
    bulk = desk.labeling.bulk
    return bulk.label(bulk.preview(InboxFilter(shown="all"), LOWEST.name), "ann")


UNDONE: dict[str, tuple[Callable[[DeskServices], object], str]] = {
    "label": (lambda desk: desk.labeling.correct(asked(desk), LOWEST.name, "ann"), "label “Lowest price” of"),
    "bulk": (label_all, "label “Lowest price” of 1 message undone"),
    "new": (lambda desk: desk.labeling.create_intent(NEW, None, "ann"), "new intent “As a present” removed"),
    "edit": (
        lambda desk: edit(desk, LEAD, LOWEST.name, Intent(LOWEST.name, LOWEST.title, "No."), LOWEST.name),
        "wording of “Lowest price” is as before",
    ),
    "merge": (
        lambda desk: merge(desk, LEAD, LOWEST.name, SOONEST.name, LOWEST.name),
        "“Lowest price” is separate from “Tomorrow” again",
    ),
    "split": (split_off, "“Lowest price” is whole again, “As a present” removed"),
    "retire": (lambda desk: retire(desk, LEAD, LOWEST.name, False, LOWEST.name), "“Lowest price” is in use again"),
}


@pytest.mark.parametrize("action", UNDONE)
def test_what_was_undone_is_told_by_titles(desk: DeskServices, action: str) -> None:
    act, told = UNDONE[action]
    act(desk)
    assert told in undo(desk, LEAD, None).status.text


def labelled_meanwhile(desk: DeskServices) -> str:
    message = asked(desk)
    desk.labeling.correct(message, LOWEST.name, "bob")
    return refusal(lambda: desk.labeling.correct(message, SOONEST.name, "ann", seen=Seen(None)))


def settled_late(desk: DeskServices) -> str:
    conflict = Conflict("half the price", SOONEST.name, "by tomorrow", LOWEST.name, 1.0, "")
    return refusal(lambda: desk.conflicts.settle(conflict, "first", "ann"))


def created_and_used(desk: DeskServices) -> str:
    desk.labeling.create_intent(NEW, None, "ann")
    desk.labeling.correct(asked(desk), NEW.name, "bob")
    return refusal(lambda: desk.labeling.undo("ann"))


def merged(desk: DeskServices) -> str:
    desk.care.merge(LOWEST.name, SOONEST.name, "bob")
    return refusal(lambda: desk.labeling.correct(asked(desk), LOWEST.name, "ann"))


def last_ones(desk: DeskServices) -> str:
    for intent in ("refund", "delivery", "person"):
        desk.care.retire(intent, "bob")
    return retire(desk, LEAD, LOWEST.name, False, LOWEST.name).status.text


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(InputError) as told:
        act()
    return str(told.value)


REFUSED: dict[str, tuple[Callable[[DeskServices], str], str]] = {
    "labelled meanwhile": (labelled_meanwhile, "bob labelled 'cheaper now' “Lowest price” meanwhile"),
    "settled meanwhile": (settled_late, "'half the price' is labelled “Lowest price” meanwhile, not “Tomorrow”"),
    "used meanwhile": (created_and_used, "“As a present” has 1 examples and cannot be removed"),
    "merged meanwhile": (merged, "The intent “Lowest price” is retired; use “Tomorrow”."),
    "the last two": (last_ones, "“Lowest price” cannot be retired: fewer than two"),
    "in use": (
        lambda desk: restore(desk, LEAD, LOWEST.name, LOWEST.name).status.text,
        "“Lowest price” is in use already",
    ),
    "no answer": (
        lambda desk: edit(desk, LEAD, LOWEST.name, Intent(LOWEST.name, LOWEST.title, " "), LOWEST.name).status.text,
        "“Lowest price” has no answer",
    ),
    "same wording": (
        lambda desk: go_back(desk, LEAD, LOWEST.name, 0, LOWEST.name).status.text,
        "“Lowest price” reads like that",
    ),
    "same title": (
        lambda desk: edit(desk, LEAD, LOWEST.name, Intent(LOWEST.name, SOONEST.title, "Yes."), LOWEST.name).status.text,
        "an intent with the title “Tomorrow” already",
    ),
    "foreign example": (
        lambda desk: (
            split(desk, LEAD, LOWEST.name, [desk.care.examples(SOONEST.name)[0].id], NEW, LOWEST.name).status.text
        ),
        "is not labelled “Lowest price”",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_told_by_titles(desk: DeskServices, case: str) -> None:
    act, told = REFUSED[case]
    said = act(desk)
    assert told in said
    assert not any(intent.name in said for intent in (LOWEST, SOONEST, NEW))


def test_the_heir_of_a_merged_intent_is_written_as_its_title_is(desk: DeskServices) -> None:
    desk.care.edit(SOONEST.name, "By Noon in Berlin", "Yes.", "ann")
    desk.care.merge(LOWEST.name, SOONEST.name, "ann")
    assert "Merged into “By Noon in Berlin”" in facts(open_intents(desk, LOWEST.name))


def test_a_name_that_somebody_typed_is_named_with_the_title_of_what_has_it(desk: DeskServices) -> None:
    taken = Intent(LOWEST.name, "Another", "Yes.")
    said = refusal(lambda: desk.labeling.create_intent(taken, None, "ann"))
    assert "'price_protection' already exists: “Lowest price”" in said


def test_a_settled_conflict_and_the_labels_at_work_are_told_by_titles(desk: DeskServices) -> None:
    conflict = Conflict("half the price", LOWEST.name, "by tomorrow", SOONEST.name, 1.0, "")
    assert desk.conflicts.settle(conflict, "first", "ann") == "“by tomorrow” is “Lowest price” now."
    desk.labeling.correct(asked(desk), LOWEST.name, "ann")
    shown = draw(desk.labeling.at_work(), titles_of(desk.labeling))
    assert "<td>Lowest price</td>" in shown
    assert LOWEST.name not in shown


def test_why_a_label_is_doubted_is_told_by_titles(desk: DeskServices, monkeypatch: pytest.MonkeyPatch) -> None:
    def doubting_the_first(labels: list[str], vectors: object) -> list[SuspectLabel]:
        return [SuspectLabel(0, next(label for label in labels if label != labels[0]), 0.9)]

    monkeypatch.setattr("assistant.services.desk.conflicts.suspect_labels", doubting_the_first)
    monkeypatch.setattr("assistant.services.desk.conflicts.ALIKE", 2.0)
    (told,) = [conflict.why for conflict in desk.conflicts.all() if "all other labels" in conflict.why]
    assert "“Lowest price”" in told or "“Tomorrow”" in told
