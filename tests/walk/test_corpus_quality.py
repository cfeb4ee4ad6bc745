"""What the shop corpus's data card says, measured with the embedded encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from assistant.domain import LabelledText
from assistant.model.encoder import Encoder, Vectors
from assistant.services.rows.corpus import Corpus, read_corpus
from tests.once import made_once

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read_corpus()


@pytest.fixture(scope="module")
def embedded(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Vectors]:
    """The embeddings of each split, in the order of its rows."""

    def embed(folder: Path) -> None:
        encoder = Encoder(layers=1)  # the sentence embedding as its makers trained it
        for split, rows in (("train", corpus.train), ("holdout", corpus.holdout)):
            np.save(folder / f"{split}.npy", encoder.embed([row.text for row in rows]))

    folder = made_once(tmp_path_factory, "corpus-embedded", embed)
    return {split: np.load(folder / f"{split}.npy") for split in ("train", "holdout")}


def neighbours(vectors: Vectors) -> Vectors:
    """The cosine similarity of each row to each other row, -1 to itself. Shape: (rows, rows)."""
    similarities = vectors @ vectors.T
    np.fill_diagonal(similarities, -1.0)
    return similarities


@pytest.mark.parametrize("split", ["train", "holdout"])
def test_no_two_utterances_of_a_split_say_the_same(corpus: Corpus, embedded: dict[str, Vectors], split: str) -> None:
    rows = corpus.train if split == "train" else corpus.holdout
    pairs = np.argwhere(np.triu(neighbours(embedded[split]) > 0.97))
    assert [(rows[i].text, rows[j].text) for i, j in pairs] == []


def test_few_utterances_have_a_near_double_in_their_split(embedded: dict[str, Vectors]) -> None:
    close = np.concatenate([neighbours(vectors).max(axis=1) > 0.92 for vectors in embedded.values()])
    assert close.mean() < 0.03


def test_meaning_tells_intents_apart_better_than_words_do(corpus: Corpus, embedded: dict[str, Vectors]) -> None:
    """A corpus that a bag of words solves would say nothing about the encoder, nor about forgetting."""

    def accuracy(train: object, holdout: object) -> float:
        model = LogisticRegression(C=10.0, max_iter=1000).fit(train, intents(corpus.train))
        return float(model.score(holdout, intents(corpus.holdout)))

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    by_words = accuracy(words.fit_transform(texts(corpus.train)), words.transform(texts(corpus.holdout)))
    by_meaning = accuracy(embedded["train"], embedded["holdout"])
    assert by_words <= by_meaning - 0.05, (by_words, by_meaning)


def texts(rows: tuple[LabelledText, ...]) -> list[str]:
    return [row.text for row in rows]


def intents(rows: tuple[LabelledText, ...]) -> list[str]:
    return [row.intent for row in rows]
