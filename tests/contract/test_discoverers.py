"""What every discoverer promises."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.monitoring.discovery import DISCOVERERS
from assistant.monitoring.proposals import Features, KnownIntents
from assistant.strategies import Spec, build
from tests.encoders import CentredEncoder

KNOWN = ("refund", "delivery", "invoice", "size", "colour", "login", "voucher", "stock")
ENCODER = CentredEncoder(dimension=32, spread=0.6)


def texts(*topics: str, count: int = 20, start: int = 0) -> list[str]:
    return [f"{topic} number {n}" for topic in topics for n in range(start, start + count)]


def embedded(said: list[str]) -> Features:
    return ENCODER.embed(said)


@pytest.fixture(scope="module")
def known() -> KnownIntents:
    said = texts(*KNOWN)
    return KnownIntents(tuple(text.split()[0] for text in said), embedded(said), tuple(said))


@pytest.fixture(params=DISCOVERERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_two_new_topics_are_told_apart_and_from_what_is_known(name: str, known: KnownIntents) -> None:
    said = texts("gift", "repair", count=15) + texts(*KNOWN, count=6, start=50)
    proposals = build(DISCOVERERS, Spec(name=name)).propose(said, embedded(said), known)
    topics = [{said[row].split()[0] for row in proposal.members} for proposal in proposals]
    assert sorted(topics, key=min) == [{"gift"}, {"repair"}]
    assert all(len(proposal.members) >= 10 for proposal in proposals)


def test_a_single_new_topic_is_one_proposal(name: str, known: KnownIntents) -> None:
    said = texts("gift", count=10) + texts("refund", "size", count=3, start=70)
    (proposal,) = build(DISCOVERERS, Spec(name=name)).propose(said, embedded(said), known)
    assert {said[row].split()[0] for row in proposal.members} == {"gift"}


def test_messages_of_known_intents_are_no_proposal(name: str, known: KnownIntents) -> None:
    said = texts(*KNOWN, count=5, start=50)
    assert build(DISCOVERERS, Spec(name=name)).propose(said, embedded(said), known) == []


def test_a_proposal_says_its_words_its_examples_and_what_it_is_not(name: str, known: KnownIntents) -> None:
    said = texts("gift", count=12) + texts("refund", count=4, start=70)
    (proposal,) = build(DISCOVERERS, Spec(name=name)).propose(said, embedded(said), known)
    assert proposal.name.startswith("gift")
    assert any("gift" in term for term in proposal.terms)
    assert len(proposal.examples) == 5
    assert set(proposal.examples) <= set(proposal.members)
    assert proposal.nearest is not None
    assert proposal.nearest.intent in KNOWN
    assert proposal.nearest.similarity < proposal.nearest.usual
    assert any("gift" in term for term in proposal.nearest.terms)
    assert any(proposal.nearest.intent in term for term in proposal.nearest.theirs)
    assert np.linalg.norm(proposal.centre) == pytest.approx(1)


@pytest.mark.parametrize("count", [0, 1, 4])
def test_too_few_messages_are_no_proposal(name: str, known: KnownIntents, count: int) -> None:
    said = texts("gift", count=count)
    assert build(DISCOVERERS, Spec(name=name)).propose(said, embedded(said), known) == []


def test_where_nothing_is_known_nothing_is_proposed(name: str) -> None:
    said = texts("gift")
    assert build(DISCOVERERS, Spec(name=name)).propose(said, embedded(said), KnownIntents((), embedded([]))) == []


@pytest.mark.parametrize("few", [1, 2])
@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_an_intent_of_which_a_row_or_two_is_known_stops_nothing(
    name: str, known: KnownIntents, few: int, place: int
) -> None:
    """In a young shop it may be alone in a part of what is known."""
    rows = [
        row
        for number, intent in enumerate(sorted(KNOWN)[:4])
        for row in np.flatnonzero(np.array(known.intents) == intent)[: few if number == place else 20].tolist()
    ]
    young = KnownIntents(tuple(known.intents[row] for row in rows), known.vectors[rows])
    said = texts("gift", count=10)
    (proposal,) = build(DISCOVERERS, Spec(name=name)).propose(said, embedded(said), young)
    assert {said[row].split()[0] for row in proposal.members} == {"gift"}


def test_texts_are_not_needed_of_what_is_known(name: str, known: KnownIntents) -> None:
    said = texts("gift", count=10) + texts("refund", "size", count=3, start=70)
    (proposal,) = build(DISCOVERERS, Spec(name=name)).propose(
        said, embedded(said), KnownIntents(known.intents, known.vectors)
    )
    assert proposal.nearest is not None
    assert proposal.nearest.theirs == ()


def test_the_same_messages_give_the_same_proposals_and_nothing_given_is_changed(name: str, known: KnownIntents) -> None:
    said = texts("gift", "repair", count=12) + texts(*KNOWN, count=4, start=50)
    vectors = embedded(said)
    before = vectors.copy()
    finder = build(DISCOVERERS, Spec(name=name))
    first, again = (finder.propose(said, vectors, known) for _ in range(2))
    assert [p.members for p in first] == [p.members for p in again]
    assert np.array_equal(vectors, before)
    backwards = finder.propose(said[::-1], np.ascontiguousarray(vectors[::-1]), known)
    assert {frozenset(said[row] for row in p.members) for p in first} == {
        frozenset(said[::-1][row] for row in p.members) for p in backwards
    }


def test_what_is_as_familiar_as_the_known_intents_is_no_proposal(known: KnownIntents) -> None:
    """Its texts lie apart from the exemplars, but the version has learned more than it keeps."""
    said = texts("gift", "repair", count=15) + texts(*KNOWN, count=6, start=50)
    strangeness = np.array([3.0 if text.startswith("gift") else -1.0 + 0.01 * n for n, text in enumerate(said)])
    strangeness[15:30] = -2.0  # repair
    (proposal,) = build(DISCOVERERS, Spec(name="anchored")).propose(said, embedded(said), known, strangeness)
    assert {said[row].split()[0] for row in proposal.members} == {"gift"}
