"""Promises of wording intents: no wording is lost, or replaced unseen, and each can be gone back to."""

from __future__ import annotations

import pytest

from assistant.domain import Action, Decision, Intent
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.services.desk.labeling import Labeling
from assistant.services.intents.care import IntentCare
from assistant.services.intents.figures import intent_figures
from assistant.store import Store
from tests.fakes import FakeLive
from ui.desk.intents import Shelf
from ui.desk.intents_html import facts, list_label


def test_an_edit_keeps_the_name_and_every_wording(care: IntentCare) -> None:
    assert care.edit("refund", "Money back", "Within a week.", "ada")
    assert care.edit("refund", "Money back", "Within two weeks.", "bob")
    assert not care.edit("refund", "Money back", "Within two weeks.", "bob")
    past = care.wordings("refund")
    assert [(w.who, w.answer) for w in past] == [
        ("bob", "Within two weeks."),
        ("ada", "Within a week."),
        ("", "We refund within five days."),
    ]
    care.go_back("refund", past[1].edit, "cem")
    assert care.wordings("refund")[0].answer == "Within a week."
    with pytest.raises(InputError, match="no earlier wording 999"):
        care.go_back("refund", 999, "cem")


@pytest.mark.parametrize(("title", "answer"), [(" ", "x"), ("x", " "), ("x" * 81, "y")])
def test_an_edit_without_title_or_answer_is_refused(care: IntentCare, title: str, answer: str) -> None:
    with pytest.raises(InputError):
        care.edit("refund", title, answer, "ada")


def test_an_intent_made_without_an_answer_answers_once_it_has_one(
    care: IntentCare, labeling: Labeling, store: Store
) -> None:
    with store.unit() as uow:
        uow.intents.add(Intent("gift", "Gift", "", action=Action.HAND_OVER), "import")

    def action(name: str) -> Action:
        with store.unit(read_only=True) as uow:
            return uow.intents.get(name).action

    assert care.edit("gift", "Gifts", "", "ada")
    assert action("gift") is Action.HAND_OVER
    assert care.edit("gift", "Gifts", "We wrap them.", "ada")
    assert action("gift") is Action.ANSWER
    labeling.undo("ada")
    assert action("gift") is Action.HAND_OVER
    assert care.edit("gift", "Gifts", "We wrap them.", "ada")
    care.go_back("gift", None, "ada")
    assert action("gift") is Action.HAND_OVER
    labeling.undo("ada")
    assert action("gift") is Action.ANSWER
    assert care.edit("person", "A person", "Somebody comes.", "ada")
    assert action("person") is Action.HAND_OVER


def test_what_an_intent_leads_to_is_chosen_kept_with_its_wording_and_undone(
    care: IntentCare, labeling: Labeling, store: Store, live: FakeLive
) -> None:
    live.says["money back"] = (("refund", 0.95),)
    chat = Chat(store, live)

    def decided() -> list[Decision | None]:
        conversation = chat.start().conversation_id
        chat.reply(conversation, "money back")
        with store.unit(read_only=True) as uow:
            return [message.decision for message in uow.conversations.messages(conversation) if message.role == "bot"]

    answer = "We refund within five days."
    assert Decision.HAND_OVER not in decided()
    assert care.edit("refund", "Refund", answer, "ada", action=Action.HAND_OVER)
    assert Decision.HAND_OVER in decided()
    assert [wording.action for wording in care.wordings("refund")] == [Action.HAND_OVER, Action.ANSWER]
    labeling.undo("ada")
    assert Decision.HAND_OVER not in decided()
    care.go_back("refund", care.wordings("refund")[0].edit, "ada")
    assert Decision.HAND_OVER in decided()
    with pytest.raises(InputError, match="before they are passed on"):
        care.edit("refund", "Refund", " ", "ada", action=Action.HAND_OVER)


def test_an_intent_without_an_answer_takes_a_title_and_then_what_is_chosen_with_its_answer(
    care: IntentCare, store: Store
) -> None:
    gift = Intent("gift", "Gift", "", action=Action.HAND_OVER)
    with store.unit() as uow:
        uow.intents.add(gift, "import")
    assert gift.intended is Action.ANSWER
    assert care.edit("gift", "Gifts", "", "ada", action=gift.intended)
    assert care.edit("gift", "Gifts", "A moment, please.", "ada", action=Action.HAND_OVER)
    with store.unit(read_only=True) as uow:
        assert uow.intents.get("gift") == Intent("gift", "Gifts", "A moment, please.", action=Action.HAND_OVER)


def test_a_wording_that_the_log_kept_before_it_told_the_action_can_be_gone_back_to_and_undone(
    care: IntentCare, labeling: Labeling, store: Store
) -> None:
    with store.unit() as uow:
        never, soon = ({"title": "Refund", "answer": said} for said in ("Never.", "We refund within five days."))
        uow.audit.add("ada", "edit_intent", "intent/refund", dict[str, object](never), dict[str, object](soon))
    assert [wording.action for wording in care.wordings("refund")] == [None, None]
    labeling.undo("ada")
    with store.unit(read_only=True) as uow:
        assert uow.intents.get("refund").answer == "Never."
    care.go_back("refund", care.wordings("refund")[0].edit, "ada")
    with store.unit(read_only=True) as uow:
        assert uow.intents.get("refund") == Intent("refund", "Refund", "We refund within five days.")


def test_the_wording_of_a_colleague_is_not_replaced_unseen(care: IntentCare, store: Store) -> None:
    with store.unit(read_only=True) as uow:
        seen = uow.intents.get("refund")
    assert care.edit("refund", "Refund", "Ada's words.", "ada", seen=seen)
    with pytest.raises(InputError, match=r"ada changed this intent meanwhile.*Ada's words"):
        care.edit("refund", "Refund", "Bob's words.", "bob", seen=seen)
    with store.unit(read_only=True) as uow:
        now = uow.intents.get("refund")
    assert now.answer == "Ada's words."
    assert care.edit("refund", "Refund", "Bob's words.", "bob", seen=now)
    with pytest.raises(InputError, match=r"bob changed this intent meanwhile.*Bob's words.*Go back again"):
        care.go_back("refund", None, "ada", seen=now)
    assert care.wordings("refund")[0].answer == "Bob's words."


def test_the_desk_says_who_is_passed_on_and_until_when(store: Store) -> None:
    with store.unit() as uow:
        uow.intents.add(Intent("gift", "Gift", "", action=Action.HAND_OVER), "import")
    told = {one.intent.name: (facts(Shelf((one,), one, (), ())), list_label(one)) for one in intent_figures(store)}
    assert "passed on to a person</dt><dd>until there is an answer" in told["gift"][0]
    assert told["gift"][1].endswith(" · no answer yet")
    assert "passed on to a person</dt><dd>they read the answer first" in told["person"][0]
    assert "passed on" not in told["refund"][0]
    assert "no answer" not in told["person"][1] + told["refund"][1]


def test_which_messages_an_intent_is_for_is_kept_with_its_wording(
    care: IntentCare, labeling: Labeling, store: Store
) -> None:
    def said() -> str:
        with store.unit(read_only=True) as uow:
            return uow.intents.get("refund").description

    text = "We refund within five days."
    assert care.edit("refund", "Refund", text, "ada", description="Asks for money back, not for another size.")
    assert care.edit("refund", "Money back", text, "ada")  # without one it stays
    assert said() == "Asks for money back, not for another size."
    with store.unit(read_only=True) as uow:
        seen = uow.intents.get("refund")
    assert care.edit("refund", "Money back", text, "bob", description="")
    assert [wording.description for wording in care.wordings("refund")] == ["", seen.description, seen.description, ""]
    with pytest.raises(InputError, match="bob changed this intent meanwhile"):
        care.edit("refund", "Refund", text, "ada", description="Mine.", seen=seen)
    labeling.undo("bob")
    assert said() == seen.description
    care.go_back("refund", None, "ada")
    assert said() == ""
