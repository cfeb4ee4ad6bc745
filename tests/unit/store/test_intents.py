"""Promises of the intents: permanent names, something to show for each."""

from __future__ import annotations

import pytest

from assistant.domain import Action, Intent
from assistant.errors import InputError
from assistant.store import Store

XSS = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("name", ["", "a", "Refund", "1st", "two words", "naïve", "a" * 41, "refund\n", "../x", "_x"])
def test_a_malformed_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(InputError, match="small letters from a to z"), store.unit() as uow:
        uow.intents.add(Intent(name, "Title", "Answer"), "ada")


def test_a_taken_name_is_refused(store: Store) -> None:
    with pytest.raises(InputError, match="already exists"), store.unit() as uow:
        uow.intents.add(Intent("refund", "Again", "Again"), "ada")


@pytest.mark.parametrize(("title", "answer"), [("", "Answer"), ("Title", " "), ("x" * 81, "Answer")])
def test_an_intent_has_a_title_and_an_answer(store: Store, title: str, answer: str) -> None:
    with pytest.raises(InputError), store.unit() as uow:
        uow.intents.add(Intent("voucher", title, answer), "ada")


@pytest.mark.parametrize(
    ("field", "intent"),
    [("Title", Intent("voucher", "x" * 81, "Answer")), ("Answer", Intent("voucher", "Title", "x" * 2001))],
)
def test_a_text_that_is_too_long_is_told_by_its_field(store: Store, field: str, intent: Intent) -> None:
    with pytest.raises(InputError, match=f"^{field}: This text is"), store.unit() as uow:
        uow.intents.add(intent, "ada")


def test_an_intent_that_hands_over_needs_no_answer(store: Store) -> None:
    with store.unit() as uow:
        uow.intents.add(Intent("fraud", "Fraud", "", action=Action.HAND_OVER), "ada")
        assert uow.intents.get("fraud").action is Action.HAND_OVER


def test_markup_is_kept_verbatim(store: Store) -> None:
    intent = Intent("voucher", XSS, XSS, XSS)
    with store.unit() as uow:
        uow.intents.add(intent, "ada")
        assert uow.intents.get("voucher") == intent


def test_an_update_changes_only_what_is_given(store: Store) -> None:
    with store.unit() as uow:
        before = uow.intents.get("refund")
        after = uow.intents.update("refund", answer="Within a week.")
    assert after == Intent("refund", before.title, "Within a week.", before.description, before.action)
    with pytest.raises(InputError, match="no answer"), store.unit() as uow:
        uow.intents.update("refund", answer="")


def test_an_unknown_intent_is_answered_with_the_nearest(store: Store) -> None:
    with pytest.raises(InputError, match=r"'refunds'.*did you mean 'refund'"), store.unit() as uow:
        uow.intents.get("refunds")


def test_an_intent_with_examples_cannot_be_removed(store: Store) -> None:
    with store.unit() as uow:
        uow.intents.remove("delivery")
        example = uow.examples.add("money back", "refund", source="seed", operator="seed")
        uow.examples.undo(example.id)
    with pytest.raises(InputError, match="1 examples"), store.unit() as uow:
        uow.intents.remove("refund")
