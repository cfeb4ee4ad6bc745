"""Promises of looking after intents: nothing is lost, everything is logged, and all of it can be undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.domain import Action, Decision, Intent, LabelledText, Neighbour, Score, Split, Version
from assistant.errors import InputError
from assistant.services.conversation.chat import Chat
from assistant.services.desk.labeling import Labeling
from assistant.services.intents.care import IntentCare
from assistant.services.intents.figures import intent_figures
from assistant.services.intents.retiring import InUse, MaskedSnapshot
from assistant.store import Store, utc_now
from tests.fakes import FakeLive
from ui.desk.intents import Shelf
from ui.desk.intents_html import facts, list_label

VOUCHER = Intent("voucher", "Voucher", "Enter it at the till.")


@pytest.fixture
def care(store: Store) -> IntentCare:
    with store.unit() as uow:
        uow.intents.add(Intent("invoice", "Invoice", "It is in your account."), "seed")
        rows = [LabelledText(f"money {n}", "refund") for n in range(4)] + [LabelledText("late", "delivery")]
        uow.examples.add_many(rows, source="import", operator="seed", split=Split.TRAIN)
    return IntentCare(store)


@pytest.fixture
def labeling(store: Store, live: FakeLive) -> Labeling:
    return Labeling(store, live)


def state(store: Store) -> object:
    with store.unit(read_only=True) as uow:
        labels = sorted((e.text, e.intent) for e in uow.examples.all())
        return labels, uow.intents.all(), uow.intents.retired(), uow.intents.to_erase()


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


def some(store: Store, care: IntentCare, name: str, count: int) -> list[int]:
    return [example.id for example in care.examples(name)][:count]


ACTIONS: dict[str, Callable[[IntentCare, Store], object]] = {
    "edit": lambda care, store: care.edit("refund", "Other", "Other answer.", "ada"),
    "merge": lambda care, store: care.merge("refund", "delivery", "ada"),
    "split": lambda care, store: care.split("refund", some(store, care, "refund", 2), VOUCHER, "ada"),
    "retire": lambda care, store: care.retire("refund", "ada", erase=True),
}


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


def test_the_chat_neither_answers_nor_offers_a_retired_intent(care: IntentCare, store: Store, live: FakeLive) -> None:
    live.says = {"sure": (("refund", 0.9), ("delivery", 0.06), ("person", 0.04))}
    care.retire("refund", "ada")
    chat = Chat(store, InUse(live, store))
    unsure = chat.reply(chat.start().conversation_id, "hm")
    assert [option.intent for option in unsure.turns[-1].options] == ["delivery", "person", None]
    sure = chat.reply(chat.start().conversation_id, "sure")
    assert "We refund" not in sure.turns[-1].text
    care.restore("refund", "ada")
    assert chat.reply(chat.start().conversation_id, "sure").turns[-1].text == "We refund within five days."


def test_what_the_model_takes_for_a_merged_intent_counts_as_its_heir_at_once(
    care: IntentCare, store: Store, live: FakeLive
) -> None:
    live.says = {"sure": (("refund", 0.9), ("delivery", 0.06))}
    care.merge("refund", "delivery", "ada")
    care.merge("delivery", "invoice", "ada")
    chat = Chat(store, InUse(live, store))
    assert chat.reply(chat.start().conversation_id, "sure").turns[-1].text == "It is in your account."


def test_masking_is_the_softmax_over_the_rest() -> None:
    live = FakeLive(otherwise=(("a", 0.5), ("b", 0.3), ("c", 0.2)))
    (found,) = MaskedSnapshot(live, {"a": None}).predict(["x"])
    assert found.ranked == (Score("b", 0.3 / 0.5), Score("c", 0.2 / 0.5))
    (merged,) = MaskedSnapshot(live, {"c": "b"}).predict(["x"])
    assert merged.ranked == (Score("a", 0.5), Score("b", 0.5))
    (circle,) = MaskedSnapshot(live, {"a": "b", "b": "a"}).predict(["x"])
    assert [score.intent for score in circle.ranked] == ["c"]


def test_a_message_of_a_retired_intent_probably_has_none_of_those_in_use() -> None:
    """Else the softmax over the rest makes the little that is left of it look sure, and the chat answers wrongly."""
    live = FakeLive({"clear": (("a", 0.95), ("b", 0.04), ("c", 0.01))}, (("b", 0.9), ("a", 0.1)))
    live.outside = dict.fromkeys(("clear", "other"), 0.1)
    found = MaskedSnapshot(live, {"a": None}).predict(["clear", "other", "cannot tell"])
    assert [one.outside for one in found] == [pytest.approx(1 - 0.9 * 0.05), pytest.approx(1 - 0.9 * 0.9), None]
    (merged,) = MaskedSnapshot(live, {"a": "c"}).predict(["clear"])
    assert merged.outside == pytest.approx(0.1)


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


def test_with_many_retired_intents_few_more_exemplars_are_looked_at(live: FakeLive) -> None:
    asked: list[int] = []

    def nearest(embedding: bytes, k: int = 5) -> list[Neighbour]:
        asked.append(k)
        return [
            Neighbour(str(row), "refund" if row % 2 else "retired1", 1.0 - row / 9000) for row in range(min(k, 900))
        ]

    live.nearest = nearest  # type: ignore[method-assign]
    many: dict[str, str | None] = {f"retired{number}": None for number in range(400)}
    found = MaskedSnapshot(live, many).nearest(b"", 5)
    assert [near.text for near in found] == ["1", "3", "5", "7", "9"]
    assert asked == [20]


def test_behind_all_exemplars_of_a_retired_intent_the_others_are_found(live: FakeLive) -> None:
    rows = [Neighbour(str(row), "retired" if row < 20 else "refund", 1.0 - row / 100) for row in range(30)]
    live.nearest = lambda embedding, k=5: rows[:k]  # type: ignore[method-assign]
    masked = MaskedSnapshot(live, {"retired": None})
    assert [near.text for near in masked.nearest(b"", 2)] == ["20", "21"]
    assert masked.nearest_of_each([b"", b""], 2) == [masked.nearest(b"", 2)] * 2
