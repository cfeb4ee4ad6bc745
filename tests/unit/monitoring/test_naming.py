"""Words that tell groups of messages apart."""

from __future__ import annotations

import re

import pytest

from assistant.monitoring.naming import distinctive_terms, name_of
from assistant.store.intents import NAME

GIFTS = ["please wrap the kettle as a gift", "gift wrapping for my order", "can you wrap my order as a gift"]
PARCELS = ["where is my order", "my order is late", "track my order please"]


def test_what_all_groups_say_tells_none_of_them() -> None:
    gifts, parcels = distinctive_terms([GIFTS, PARCELS])
    assert gifts[0] == "gift"
    assert "order" not in gifts
    assert "gift" not in " ".join(parcels)


def test_chinese_and_japanese_words_are_found_within_what_is_written_without_spaces() -> None:
    parcels = ["我的包裹在哪里？", "请问我的包裹到哪里了", "包裹还没有到", "查一下包裹", "包裹丢了怎么办"]
    cards = ["礼品卡怎么用", "礼品卡余额", "我的礼品卡不能用", "gift card 礼品卡 code"]
    refunds = ["返金してほしい", "返金はいつですか", "iPhoneケースの返金"]
    assert [terms[0] for terms in distinctive_terms([parcels, cards, refunds])] == ["包裹", "礼品卡", "返金"]


def test_parts_of_a_chinese_word_are_not_told_beside_it() -> None:
    for terms in distinctive_terms([["礼品卡余额", "礼品卡不能用", "礼品卡"], ["退款失败", "申请退款"]]):
        letters = [letter for term in terms for letter in term]
        assert terms
        assert len(letters) == len(set(letters))


def test_words_are_whole_whose_letters_carry_marks_of_their_own() -> None:
    """As in Hindi, and in German that a Mac wrote into a file."""
    hindi = distinctive_terms([["मेरा पैकेज कहाँ है", "पैकेज नहीं आया"], ["पैसे वापस चाहिए", "वापस कब आएगा"]])
    assert [terms[0] for terms in hindi] == ["पैकेज", "वापस"]
    assert distinctive_terms([["Geld zuru\u0308ck"], ["Paket"]])[0] == ("geld", "zuru\u0308ck")


def test_a_word_is_not_told_twice() -> None:
    for terms in distinctive_terms([GIFTS, PARCELS]):
        words = [word for term in terms for word in term.split()]
        assert len(words) == len(set(words))


def test_one_long_message_does_not_name_its_group() -> None:
    shouting = [*GIFTS, "kettle kettle kettle kettle kettle kettle kettle kettle"]
    assert distinctive_terms([shouting, PARCELS])[0][0] == "gift"


def test_groups_without_a_word_have_no_terms() -> None:
    assert distinctive_terms([["?!", "12 34"], ["the"]]) == [(), ()]


@pytest.mark.parametrize(
    ("terms", "name"),
    [
        (("gift wrapping", "kettle"), "gift_wrapping_kettle"),
        (("Überraschung",), "uberraschung"),
        (("3d print",), "print"),
        (("礼物",), "new_topic"),
        ((), "new_topic"),
        (("x" * 60,), "x" * 40),
    ],
)
def test_a_name_is_one_that_the_store_accepts(terms: tuple[str, ...], name: str) -> None:
    assert name_of(terms) == name
    assert re.fullmatch(NAME, name)
