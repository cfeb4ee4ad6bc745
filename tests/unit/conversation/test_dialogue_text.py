"""Promises of the door for text: safe to store and show, never silently shortened."""

from __future__ import annotations

import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.dialogue.text import BIDI_OVERRIDES, _keep, clean
from assistant.errors import InputError


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  hello \n", "hello"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("'; DROP TABLE messages; --", "'; DROP TABLE messages; --"),
        ("two\r\nlines\rthree\n\ttab", "two\nlines\nthree\n\ttab"),
        ("bell\x07 null\x00 escape\x1b[31m", "bell null escape[31m"),
        ("cafe\u0301", "caf\u00e9"),
        ("abc\u202etxt.exe\u2066", "abctxt.exe"),
        ("\u05de\u05d4 \u05e9\u05dc\u05d5\u05de\u05da", "\u05de\u05d4 \u05e9\u05dc\u05d5\u05de\u05da"),
        ("half \ud800 a pair", "half  a pair"),
        (
            "family \U0001f468\u200d\U0001f469\u200d\U0001f467",
            "family \U0001f468\u200d\U0001f469\u200d\U0001f467",
        ),
    ],
)
def test_what_comes_out(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


def test_no_printable_character_has_to_go() -> None:
    """What lets a printable text through without a look at each of its characters."""
    assert [code for code in range(sys.maxunicode + 1) if chr(code).isprintable() and not _keep(chr(code))] == []


@pytest.mark.parametrize("nothing", ["", "   ", "\n\t", "\x00\x1b", "\u200b\u200b", "\u202e", "\ufeff"])
def test_a_text_that_shows_nothing_is_refused(nothing: str) -> None:
    with pytest.raises(InputError, match="empty"):
        clean(nothing)


def test_the_limit_counts_what_was_typed() -> None:
    assert len(clean("x" * 2000)) == 2000
    assert clean("x" * 3, limit=3) == "xxx"
    with pytest.raises(InputError, match=r"2,001 characters.*2,000"):
        clean("x" * 2001)


def test_a_megabyte_is_refused_at_once() -> None:
    start = time.perf_counter()
    with pytest.raises(InputError, match="1,048,576"):
        clean("\u0344" * 2**20)
    assert time.perf_counter() - start < 0.01


@given(st.text(st.characters(), max_size=300))
def test_what_comes_out_is_storable_and_stays_as_it_is(typed: str) -> None:
    try:
        cleaned = clean(typed)
    except InputError:
        return
    cleaned.encode("utf-8")
    assert not BIDI_OVERRIDES & set(cleaned)
    assert clean(cleaned, limit=10**6) == cleaned
