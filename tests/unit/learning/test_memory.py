"""The exemplar memory finds what brute force finds, and keeps finding it whatever leaves or moves."""

from __future__ import annotations

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.domain import LabelledText
from assistant.learning.memory import ExemplarMemory, VectorIndex, exemplar_id
from tests.synthetic import DIMENSION, WordEncoder, rows

ENCODER = WordEncoder()
TEXTS = [row.text for row in rows("refund", "delivery", "exchange", count=15)]


def memory(labelled: list[LabelledText]) -> ExemplarMemory:
    texts = tuple(row.text for row in labelled)
    return ExemplarMemory(texts, tuple(row.intent for row in labelled), ENCODER.embed(texts))


def full() -> ExemplarMemory:
    return memory(rows("refund", "delivery", "exchange", count=15))


def found(of: ExemplarMemory, query: str, count: int) -> list[tuple[str, str]]:
    return [(n.text, n.intent) for n in of.nearest(ENCODER.embed([query])[0], count)]


@given(query=st.sampled_from(["refund please", "delivery when", "other"]), count=st.integers(1, 60))
def test_nearest_is_what_brute_force_finds(query: str, count: int) -> None:
    of = full()
    similarities = of.vectors @ ENCODER.embed([query])[0]
    best = np.argsort(-similarities)[:count]
    neighbours = of.nearest(ENCODER.embed([query])[0], count)
    assert [(n.text, n.intent) for n in neighbours] == [(of.texts[i], of.intents[i]) for i in best]
    np.testing.assert_allclose([n.similarity for n in neighbours], similarities[best], atol=1e-6)


@pytest.mark.parametrize("count", [1, 6, 400])
def test_the_nearest_of_many_at_once_are_those_of_each(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.learning.memory.COMPARED_AT_ONCE", 64)
    vectors = np.random.default_rng(0).normal(size=(300, 48)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = tuple(map(str, range(300)))
    of = ExemplarMemory(names, names, vectors)
    asked = [*vectors[:100], -vectors[0]]
    together = of.nearest_of_each(np.stack(asked), count)
    for vector, found in zip(asked, together, strict=True):
        one_by_one = of.nearest(vector, count)
        assert {near.text for near in found} == {near.text for near in one_by_one}
        assert [near.similarity for near in found] == pytest.approx([near.similarity for near in one_by_one], abs=1e-6)
    assert ExemplarMemory.empty(48).nearest_of_each(vectors[:2], count) == [[], []]


@given(st.permutations(range(45)), st.integers(3, 45))
def test_removing_and_reordering_change_no_answer_about_the_rest(order: list[int], kept: int) -> None:
    """FAISS' own positional ids would name other texts here."""
    whole, rest = full(), full().taken(order[:kept])
    texts = set(rest.texts)
    expected = [pair for pair in found(whole, "refund x", 45) if pair[0] in texts]
    assert found(rest, "refund x", kept) == expected


def test_an_id_depends_on_the_text_alone_and_fits_faiss() -> None:
    """Pinned: the same number in every process, on every machine, after every rebuild."""
    assert exemplar_id("where is my parcel") == 3230723052760873160
    ids = {exemplar_id(text) for text in TEXTS}
    assert len(ids) == len(TEXTS)
    assert all(0 <= i < 2**63 for i in ids)


def test_a_text_is_its_own_nearest_neighbour_with_similarity_one_at_most() -> None:
    of = full()
    for text in TEXTS:
        best = of.nearest(ENCODER.embed([text])[0], 1)[0]
        assert best.text == text
        assert best.similarity == pytest.approx(1.0, abs=5e-4)  # half precision, few dimensions
        assert best.similarity <= 1.0


def test_an_opposite_text_has_similarity_minus_one_at_least() -> None:
    """Rounding takes inner products of unit vectors past one on either side."""
    vectors = np.random.default_rng(0).normal(size=(50, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = tuple(map(str, range(50)))
    of = ExemplarMemory(names, names, vectors)
    lowest = [n.similarity for vector in of.vectors for n in of.nearest(-vector, len(of))]
    assert min(lowest) == pytest.approx(-1.0, abs=1e-6)
    assert min(lowest) >= -1.0


def test_two_texts_with_the_same_vector_are_both_found_under_their_own_intents() -> None:
    vector = ENCODER.embed(["refund"])
    of = ExemplarMemory(("Refund", "refund!"), ("refund", "complaint"), np.repeat(vector, 2, axis=0))
    assert {(n.text, n.intent) for n in of.nearest(vector[0], 2)} == {("Refund", "refund"), ("refund!", "complaint")}


def test_an_empty_memory_finds_nothing_and_joins() -> None:
    empty = ExemplarMemory.empty(DIMENSION)
    assert empty.nearest(ENCODER.embed(["refund"])[0], 5) == []
    assert len(empty) == 0
    joined = empty.joined(full())
    assert joined.texts == full().texts
    assert np.array_equal(joined.vectors, full().vectors)


@pytest.mark.parametrize("count", [0, -1])
def test_asking_for_no_neighbours_gives_none(count: int) -> None:
    assert full().nearest(ENCODER.embed(["refund"])[0], count) == []


def test_asking_for_more_than_there_are_gives_all() -> None:
    assert len(found(full(), "refund", 1000)) == 45


def test_texts_intents_and_vectors_of_different_number_are_refused_with_the_numbers() -> None:
    with pytest.raises(ValueError, match="2 texts, 1 intents and 0 vectors"):
        ExemplarMemory(("a", "b"), ("a",), np.empty((0, DIMENSION), dtype=np.float32))


@pytest.mark.gpu
@pytest.mark.skipif(getattr(faiss, "get_num_gpus", lambda: 0)() == 0, reason="no faiss-gpu, or no CUDA device")
def test_an_index_on_the_gpus_answers_as_one_on_the_processor() -> None:
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(20_000, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = draw.permutation(len(vectors)).astype(np.int64) + 2**40
    processor = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
    processor.add_with_ids(vectors, ids)
    index = VectorIndex(vectors, ids)
    for query in vectors[:200] + 0.02 * draw.normal(size=(200, 384)).astype(np.float32):
        similarities, found = index.search(query, 10)
        expected, named = (answer[0] for answer in processor.search(query[None], 10))
        np.testing.assert_allclose(similarities, expected, atol=1e-5)
        apart = np.flatnonzero(found != named)  # equally near ones may change places, and nothing else
        assert (np.diff(expected)[np.clip(apart, 1, None) - 1] > -1e-5).all()
        assert set(found.tolist()) == set(named.tolist())
