"""The shipped corpus: its size, its waves, and that its splits share nothing."""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from itertools import combinations

import pytest

from assistant.domain import Action
from assistant.services.rows.corpus import SHIPPED, Corpus, read_corpus
from assistant.store import text_hash


@cache
def corpus() -> Corpus:
    return read_corpus()


@cache
def table(name: str) -> list[dict[str, str]]:
    with (SHIPPED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_at_least_thirty_intents_are_there_from_the_start() -> None:
    assert len(corpus().of_session(0).intents) >= 30


def test_three_waves_of_three_intents_follow() -> None:
    counts = Counter(corpus().sessions.values())
    assert {session: counts[session] for session in counts if session} == {1: 3, 2: 3, 3: 3}


def test_the_first_wave_has_price_protection_and_exchange_progress() -> None:
    assert {"price_protection", "exchange_progress"} <= set(corpus().of_session(1).intents)


def test_every_intent_has_at_least_forty_utterances() -> None:
    counts = Counter(row.intent for row in (*corpus().train, *corpus().holdout))
    assert {intent: counts[intent] for intent in corpus().intents if counts[intent] < 40} == {}


def test_every_intent_has_enough_holdout_rows_to_be_judged() -> None:
    counts = Counter(row.intent for row in corpus().holdout)
    assert {intent: counts[intent] for intent in corpus().intents if counts[intent] < 10} == {}


def test_every_intent_has_a_title_and_an_answer_of_its_own() -> None:
    intents = corpus().intents.values()
    assert [i.name for i in intents if not (i.title.strip() and i.answer.strip() and i.description.strip())] == []
    assert [title for title, count in Counter(i.title for i in intents).items() if count > 1] == []
    assert [answer for answer, count in Counter(i.answer for i in intents).items() if count > 1] == []


def test_one_intent_hands_over_to_a_person() -> None:
    assert [i.name for i in corpus().intents.values() if i.action is Action.HAND_OVER] == ["talk_to_person"]


def test_the_session_column_says_what_the_intents_say() -> None:
    for name in ("train", "holdout"):
        assert [row for row in table(name) if int(row["session"]) != corpus().sessions[row["intent"]]] == []


def test_out_of_scope_messages_are_half_near_and_half_far() -> None:
    assert Counter(row["kind"] for row in table("out_of_scope")) == {"near": 125, "far": 125}


@pytest.mark.parametrize("name", ["train", "holdout", "out_of_scope"])
def test_no_text_appears_twice(name: str) -> None:
    counts = Counter(text_hash(row["text"]) for row in table(name))
    assert [row["text"] for row in table(name) if counts[text_hash(row["text"])] > 1] == []


@pytest.mark.parametrize(("one", "other"), list(combinations(("train", "holdout", "out_of_scope"), 2)))
def test_no_text_is_in_two_files(one: str, other: str) -> None:
    """Compared as the store compares: without differences of case, spacing and Unicode composition."""
    known = {text_hash(row["text"]) for row in table(one)}
    assert [row["text"] for row in table(other) if text_hash(row["text"]) in known] == []


def test_no_utterance_is_a_single_sentence_with_a_slot_filled() -> None:
    """Most openings of three words are used by few utterances of an intent: people wrote them, not templates."""
    for intent in corpus().intents:
        texts = [row.text for row in (*corpus().train, *corpus().holdout) if row.intent == intent]
        opening, count = Counter(" ".join(text.lower().split()[:3]) for text in texts).most_common(1)[0]
        assert count <= len(texts) / 3, (intent, opening)
