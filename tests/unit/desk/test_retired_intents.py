"""Promises of intents out of use: the chat neither answers nor offers them, and what was theirs is their heir's."""

from __future__ import annotations

import pytest

from assistant.domain import Neighbour, Score
from assistant.services.conversation.chat import Chat
from assistant.services.intents.care import IntentCare
from assistant.services.intents.retiring import InUse, MaskedSnapshot
from assistant.store import Store
from tests.fakes import FakeLive


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
