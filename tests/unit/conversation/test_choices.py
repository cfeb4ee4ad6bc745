"""What people type where they could have pressed a choice."""

from __future__ import annotations

import pytest

from assistant.dialogue.choices import Reply, choice_in
from assistant.dialogue.languages import PHRASES
from assistant.dialogue.policy import OPTIONS
from assistant.domain import Language

ENGLISH, CHINESE = PHRASES[Language.ENGLISH], PHRASES[Language.CHINESE]
ONE = {"refund": "Where is my refund?"}
SOME = {"refund": "Where is my refund?", "person": "Talk to a person"}


@pytest.mark.parametrize(
    "text", ["Talk to a person", "talk to a person!", "  TALK to a   person. ", "2", "the second one"]
)
def test_a_choice_is_named_by_its_title_or_its_place(text: str) -> None:
    assert choice_in(text, SOME, ENGLISH) == "person"


@pytest.mark.parametrize("text", ["yes", "Yes!", "Yes, please.", "that's it", "that’s it", "OK"])
def test_a_yes_is_the_choice_where_there_is_one_and_which_is_asked_where_there_are_more(text: str) -> None:
    assert choice_in(text, ONE, ENGLISH) == "refund"
    assert choice_in(text, SOME, ENGLISH) is Reply.ONE_OF_THEM


@pytest.mark.parametrize("text", ["no", "No, thanks", "none of these", "Neither of them.", ENGLISH.NONE_OF_THESE])
def test_a_no_is_none_of_them(text: str) -> None:
    assert choice_in(text, ONE, ENGLISH) is choice_in(text, SOME, ENGLISH) is Reply.NONE_OF_THEM


@pytest.mark.parametrize("text", ["3", "yes but when", "no, my parcel is broken", "refund", "?!", "👍", "person"])
def test_anything_else_is_a_message_of_its_own(text: str) -> None:
    assert choice_in(text, SOME, ENGLISH) is Reply.SOMETHING_ELSE


def test_it_is_understood_in_chinese() -> None:
    assert choice_in("是的。", ONE, CHINESE) == "refund"
    assert choice_in("第二个", SOME, CHINESE) == "person"
    assert choice_in("都不是！", SOME, CHINESE) is Reply.NONE_OF_THEM


def test_it_is_understood_in_traditional_chinese_whose_readers_are_asked_in_simplified() -> None:
    assert choice_in("對", ONE, CHINESE) == choice_in("就是這個", ONE, CHINESE) == "refund"
    assert choice_in("第二個", SOME, CHINESE) == "person"
    assert choice_in("都沒有。", SOME, CHINESE) is Reply.NONE_OF_THEM


def test_a_place_is_understood_as_an_input_method_for_chinese_writes_it() -> None:
    assert choice_in("２", SOME, CHINESE) == choice_in("第２个", SOME, CHINESE) == "person"


def test_a_choice_whose_title_shows_nothing_that_can_be_said_is_not_picked_by_saying_nothing() -> None:
    assert choice_in("...", {"smile": "😀"}, ENGLISH) is Reply.SOMETHING_ELSE


@pytest.mark.parametrize(
    ("language", "yes", "second", "none"),
    [
        (Language.GERMAN, "Ja, genau!", "das Zweite", "Nein, danke."),
        (Language.FRENCH, "C’est ça !", "La deuxième", "ni l'un ni l'autre"),
        (Language.SPANISH, "¡Sí!", "El segundo.", "Ninguno de estos"),
    ],
)
def test_it_is_understood_as_people_write_it(language: Language, yes: str, second: str, none: str) -> None:
    phrases = PHRASES[language]
    assert choice_in(yes, ONE, phrases) == "refund"
    assert choice_in(second, SOME, phrases) == "person"
    assert choice_in(none, SOME, phrases) is Reply.NONE_OF_THEM


@pytest.mark.parametrize("language", Language)
def test_the_words_can_be_met_and_mean_one_thing(language: Language) -> None:
    phrases = PHRASES[language]
    groups = (phrases.YES, phrases.NONE, *phrases.PLACES)
    words = [word for group in groups for word in group]
    assert len(words) == len(set(words))
    assert len(phrases.PLACES) == OPTIONS
    assert [word for word in words if choice_in(word, SOME | {"third": "x y z"}, phrases) is Reply.SOMETHING_ELSE] == []
