"""What an operator can do, with the real labeling service and without a browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import gradio as gr
import pytest

from assistant.domain import OUT_OF_SCOPE, Intent, Signal
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.services.desk.labeling import Labeling
from assistant.services.versions import Versions
from assistant.services.views import SignedIn
from assistant.store import Store
from assistant.store.inbox import InboxFilter
from tests.browser.fakes import FakeVersions
from tests.browser.serving import outside_loops
from tests.fakes import FakeLive
from ui.desk import html as desk_html
from ui.desk.bulk_part import label_all, look_at
from ui.desk.filters import lay_out_filters
from ui.desk.queue import Desk, View, confirm, correct, create_intent, list_label, open_desk, reject, skip, undo
from ui.desk.queue_tab import draw
from ui.desk.titles import titles_of
from ui.desk.versions import open_shelf, publish, roll_back
from ui.desk.versions_tab import draw as draw_versions

MARKUP = "<img src=x onerror=alert(1)> ${1+1} {{value}}"


@pytest.fixture
def labeling(store: Store, live: FakeLive) -> Labeling:
    """Two messages wait: one with markup, one plain."""
    chat = Chat(store, live)
    for text in (MARKUP, "where is it"):
        chat.reply(chat.start().conversation_id, text)
    return Labeling(store, live)


def opened(desk: Desk) -> int:
    assert desk.item
    return desk.item.message_id


def test_the_most_pressing_message_is_open_at_first(labeling: Labeling) -> None:
    desk = open_desk(labeling)
    assert opened(desk) == desk.items[0].message_id
    assert desk.predicted_title() == "Refund"


def test_a_made_up_message_is_never_opened(labeling: Labeling) -> None:
    assert opened(open_desk(labeling, 987654)) == opened(open_desk(labeling))


def test_each_action_shows_the_next_message_and_says_what_happened(labeling: Labeling) -> None:
    first = open_desk(labeling)
    after = confirm(labeling, "ann", opened(first))
    assert after.total == first.total - 1
    assert opened(after) != opened(first)
    assert after.status.text.startswith("Confirmed")
    done = correct(labeling, "ann", opened(after), "delivery")
    assert (done.total, done.item) == (0, None)
    assert undo(labeling, "ann", None).total == 1
    assert undo(labeling, "ann", None).total == 2
    assert undo(labeling, "ann", None).status.is_problem


def test_a_message_is_out_of_scope_by_one_act_and_nobody_makes_an_intent_first(labeling: Labeling) -> None:
    message = opened(open_desk(labeling))
    assert reject(labeling, "ann", message).total == 1
    assert labeling.item(message).label == OUT_OF_SCOPE
    assert reject(labeling, "bob", opened(open_desk(labeling))).total == 0  # the label is there from now on
    assert undo(labeling, "ann", None).total == 1
    assert labeling.item(message).label is None


def test_a_skipped_message_leaves_the_queue(labeling: Labeling) -> None:
    assert skip(labeling, "ann", opened(open_desk(labeling))).total == 1


@pytest.mark.parametrize("act", [confirm, reject, skip])
@pytest.mark.parametrize("message_id", [None, 987654])
def test_nothing_happens_without_a_real_message(labeling: Labeling, act: object, message_id: int | None) -> None:
    desk = act(labeling, "ann", message_id)  # type: ignore[operator]
    assert desk.status.is_problem
    assert desk.total == 2


def test_what_a_colleague_labelled_meanwhile_is_not_overwritten(labeling: Labeling, store: Store) -> None:
    seen = open_desk(labeling)
    message = opened(seen)
    correct(labeling, "bob", message, "delivery", open_desk(labeling, message).view)
    for act in (confirm, reject):
        told = act(labeling, "ann", message, seen.view)
        assert told.status.is_problem
        assert "bob labelled" in told.status.text
        assert "“Delivery” meanwhile; nothing was changed" in told.status.text
        assert opened(told) != message  # the one that stood after it
    assert not correct(labeling, "ann", message, "delivery", seen.view).status.is_problem  # both say the same
    again = open_desk(labeling, message, view=View(InboxFilter(shown="all")))
    assert not correct(
        labeling, "ann", message, "refund", again.view
    ).status.is_problem  # who has seen it may change it
    with store.unit(read_only=True) as uow:
        assert [example.intent for example in uow.examples.all()] == ["refund"]


@pytest.mark.parametrize("act", [confirm, reject, skip])
def test_a_key_for_the_message_before_does_nothing_to_it(labeling: Labeling, act: Callable[..., Desk]) -> None:
    first = open_desk(labeling)
    after = correct(labeling, "ann", opened(first), "delivery", first.view)
    late = act(labeling, "ann", opened(first), after.view)
    assert "meant for the message before" in late.status.text
    assert labeling.item(opened(first)).label == "delivery"
    assert late.total == after.total


@pytest.mark.parametrize("intent", [None, "", "no_such_intent"])
def test_a_correction_needs_a_known_intent(labeling: Labeling, intent: str | None) -> None:
    desk = correct(labeling, "ann", opened(open_desk(labeling)), intent)
    assert desk.status.is_problem
    assert desk.total == 2


@pytest.mark.parametrize(
    "intent",
    [Intent("Bad Name", "t", "a"), Intent("good", " ", "a"), Intent("good", "t", ""), Intent("refund", "t", "a")],
)
def test_a_new_intent_is_checked(labeling: Labeling, intent: Intent) -> None:
    desk = create_intent(labeling, "ann", opened(open_desk(labeling)), intent)
    assert desk.status.is_problem
    assert desk.total == 2


def test_a_new_intent_labels_the_open_message(labeling: Labeling) -> None:
    desk = create_intent(labeling, "ann", opened(open_desk(labeling)), Intent("gift", "Gift", "We wrap it."))
    assert desk.total == 1
    assert desk.title("gift") == "Gift"


def test_the_desk_says_which_messages_the_choices_are_for(labeling: Labeling, store: Store) -> None:
    assert "Nobody has written that down" in desk_html.meanings(open_desk(labeling))
    with store.unit() as uow:
        uow.intents.update("refund", description="Wants <b>money</b> back.")
    desk = open_desk(labeling)
    assert "refund" in desk.view.choices
    assert "<dt>Refund</dt><dd>Wants &lt;b&gt;money&lt;/b&gt; back.</dd>" in desk_html.meanings(desk)
    assert desk_html.meanings(desk).count("<dt>") == 1


def test_what_customers_write_is_shown_as_text(labeling: Labeling) -> None:
    desk = open_desk(labeling, next(item.message_id for item in labeling.inbox().items if item.text == MARKUP))
    assert "<img" not in desk_html.message(desk) + desk_html.neighbours(desk) + desk_html.why(desk)
    assert "&lt;img" in desk_html.message(desk)


def test_what_the_customer_wanted_stands_beside_the_message_as_text(store: Store, live: FakeLive) -> None:
    live.says["where is it"] = (("refund", 0.95),)
    chat = Chat(store, live)
    view = chat.reply(chat.start().conversation_id, "where is it")
    desk = open_desk(Labeling(store, live), view.turns[1].message_id)
    assert "The customer wanted" not in desk_html.message(desk)
    chat.signal(view.conversation_id, view.turns[-1].message_id, Signal.THUMBS_DOWN, "the <b>tracking</b> number")
    desk = open_desk(Labeling(store, live))
    assert "The customer wanted: “the &lt;b&gt;tracking&lt;/b&gt; number”" in desk_html.message(desk)


def test_a_long_message_is_shortened_in_the_list(labeling: Labeling, store: Store, live: FakeLive) -> None:
    chat = Chat(store, live)
    chat.reply(chat.start().conversation_id, "very " * 300 + "\n long")
    longest = max(labeling.inbox().items, key=lambda item: len(item.text))
    reason, text = list_label(open_desk(labeling), longest).split("\n")
    assert len(text) <= 90
    assert reason.startswith("Low confidence")


def test_what_was_not_previewed_is_not_labelled(labeling: Labeling) -> None:
    titles = titles_of(labeling)
    view = View(InboxFilter(shown="all"))
    looked = look_at(labeling.bulk, view, "delivery")
    assert "2 messages would become “Delivery”" in desk_html.bulk_preview(looked.preview, titles)
    for changed, intent in ((view, "refund"), (view, None), (View(InboxFilter(words="where")), "delivery")):
        with pytest.raises(InputError, match="changed after the preview; nothing was labelled"):
            label_all(labeling.bulk, looked, changed, intent, titles, "ann")
    assert labeling.count() == 2
    done = label_all(labeling.bulk, looked, view, "delivery", titles, "ann").text
    assert done.startswith("Labelled “Delivery”: 2 messages; 2 labels changed.")


def test_a_retired_intent_stays_a_choice_of_the_filters_and_of_nothing_else(labeling: Labeling, store: Store) -> None:
    with store.unit() as uow:
        uow.intents.retire("delivery")
    drawn = draw(open_desk(labeling, view=View(InboxFilter(predicted="delivery"))))
    offered = [[name for _, name in part["choices"]] for part in drawn if isinstance(part, dict) and "choices" in part]
    _, intent, predicted, labelled, bulk = offered
    assert "delivery" in predicted
    assert predicted == labelled
    assert "delivery" not in (*intent, *bulk)


def session(role: str) -> SignedIn:
    return SignedIn("token", "csrf", "ann", role, datetime(2025, 1, 1, tzinfo=UTC))


@pytest.fixture
def versions() -> Versions:
    return cast(Versions, FakeVersions())


def test_only_a_lead_changes_the_live_version(versions: Versions) -> None:
    for shelf in (
        publish(versions, session("operator"), "v3", "better", "v2"),
        roll_back(versions, session("operator"), None, "worse", "v2"),
    ):
        assert "Only a lead" in shelf.status.text
        assert shelf.live
        assert shelf.live.id == "v2"


def test_a_lead_publishes_a_held_version_and_rolls_back(versions: Versions) -> None:
    shelf = publish(versions, session("lead"), "v3", "better", "v2")
    assert shelf.live == shelf.selected
    assert (shelf.history[0].actor, shelf.history[0].reason) == ("ann", "better")
    back = roll_back(versions, session("lead"), "v3", "worse", "v3")
    assert back.live
    assert back.live.id == "v2"


def test_what_went_live_unseen_is_neither_taken_back_nor_replaced(versions: Versions) -> None:
    versions.publish("v3", "nightly", "all gates passed")
    for shelf in (
        roll_back(versions, session("lead"), "v2", "worse", "v2"),
        publish(versions, session("lead"), "v1", "better", "v2"),
    ):
        assert "went live meanwhile" in shelf.status.text
        assert shelf.live
        assert shelf.live.id == "v3"


@pytest.mark.parametrize(("version_id", "reason"), [("v4", "r"), ("v2", "r"), ("v9", "r"), (None, "r"), ("v3", " ")])
def test_only_held_versions_go_live_and_only_with_a_reason(
    versions: Versions, version_id: str | None, reason: str
) -> None:
    shelf = publish(versions, session("lead"), version_id, reason, "v2")
    assert shelf.status.is_problem
    assert shelf.live
    assert shelf.live.id == "v2"


def test_the_shelf_knows_what_may_be_done(versions: Versions) -> None:
    assert [open_shelf(versions, name).can_publish for name in ("v1", "v2", "v3", "v4")] == [
        True,
        False,
        True,
        False,
    ]
    assert "known intents of v3" in open_shelf(versions, "v3").report


@pytest.mark.parametrize("is_lead", [True, False])
def test_only_a_lead_finds_the_buttons_of_a_lead_alive(versions: Versions, is_lead: bool) -> None:
    drawn = draw_versions(open_shelf(versions, "v3"), session("lead" if is_lead else "operator"))
    alive = [part["interactive"] for part in drawn if isinstance(part, dict) and "interactive" in part]
    assert alive == [is_lead] * 4
    assert any("Only a lead" in str(part) for part in drawn) is not is_lead


def test_reasons_and_names_are_shown_as_text(versions: Versions) -> None:
    shelf = publish(versions, session("lead"), "v3", "<b>because</b>", "v2")
    assert "<b>because" not in desk_html.history(shelf.history)


def test_the_days_to_filter_by_are_told_to_be_utc_as_all_times_at_the_desk_are() -> None:
    def build() -> list[Any]:
        with gr.Blocks():
            return lay_out_filters().inputs

    since, until = outside_loops(build)[3:5]
    assert (since.label, until.label) == ("From day (UTC)", "To day (UTC)")
