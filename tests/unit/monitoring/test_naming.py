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
