"""Words that tell a group of messages from others, by class-based TF-IDF."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

# Words of a name as `store.intents` accepts it: small letters, digits and _, a letter first, 2 to 40 characters.
NAME_WORDS, NAME_LIMIT = 3, 40
# What stands on, under or beside a letter, such as vowels in Hindi; to Python it is no part of a word.
MARKS = "".join(char for char in map(chr, range(0x300, 0x10000)) if unicodedata.category(char).startswith("M"))
# Words that begin with a letter, of at least two characters.
WORD = rf"\b[^\W\d_][\w{MARKS}'’-]+(?<=[\w{MARKS}])(?![\w{MARKS}])"
UNSPACED = "[\u3005\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"  # Chinese and Japanese, whose words no space parts
LONGEST = 4  # letters of such a word


def distinctive_terms(groups: Sequence[Sequence[str]], count: int = 5) -> list[tuple[str, ...]]:
    """The most distinctive words and pairs of words of each group against the others, best first.

    Class-based TF-IDF (Grootendorst 2022, BERTopic): a term's share of the words of its group times the logarithm of
    1 + (mean words of a group) / (its count in all), where a message counts a term once, so that one long message names
    nothing. A term that is no more frequent in the group than in all is left out, and so is one that shares a word with
    a better one. Of Chinese and Japanese, letters that stand together in two messages or more are a word, and one that
    shares a letter with a better one is left out.
    """
    try:
        counter = CountVectorizer(analyzer=_terms, binary=True)
        documents = counter.fit_transform([text for group in groups for text in group])
    except ValueError:  # no words but stop words
        return [() for _ in groups]
    terms = counter.get_feature_names_out()
    unspaced = np.array([re.fullmatch(UNSPACED, term) is not None for term in terms])
    told = ~unspaced | (np.asarray(documents.sum(axis=0)).ravel() > 1)  # else they are as many as all texts are long
    documents, terms = documents[:, told], terms[told]
    bounds = np.cumsum([0, *map(len, groups)])
    counts = np.stack([np.asarray(documents[a:b].sum(axis=0)).ravel() for a, b in pairwise(bounds)]).astype(np.float64)
    size = counts.sum(axis=1, keepdims=True)
    weights = counts / np.maximum(size, 1) * np.log1p(size.mean() / np.maximum(counts.sum(axis=0), 1))
    messages = np.diff(bounds)[:, None]
    usual = counts.sum(axis=0) / max(1, bounds[-1])
    weights[counts / np.maximum(messages, 1) <= usual] = 0.0
    lengths = np.where(unspaced[told], [len(term) for term in terms], 0)
    return [_best(row, terms, lengths, count) for row in weights]


def _terms(text: str) -> list[str]:
    """Words that are no stop words, and pairs of neighbouring ones; letters that stand together without spaces."""
    low = text.lower()
    words = [word for word in re.findall(WORD, re.sub(UNSPACED, " ", low)) if word not in ENGLISH_STOP_WORDS]
    stretches = [
        run[start : start + length]
        for run in re.findall(UNSPACED, low)
        for length in range(2, LONGEST + 1)
        for start in range(len(run) - length + 1)
    ]
    return [*words, *map(" ".join, pairwise(words)), *stretches]


def _best(
    weights: NDArray[np.float64], terms: Sequence[str], lengths: NDArray[np.int64], count: int
) -> tuple[str, ...]:
    """The `count` best terms; of equally good ones the one with the greater of `lengths`."""
    chosen: list[str] = []
    taken = set[str]()
    for column in np.lexsort((-lengths, -weights)):
        if weights[column] <= 0 or len(chosen) == count:
            break
        term = str(terms[column])
        parts = set(term if lengths[column] else term.split())
        if not parts & taken:
            chosen.append(term)
            taken |= parts
    return tuple(chosen)


def name_of(terms: Sequence[str]) -> str:
    """A name as the store accepts it, from the first terms; `new_topic` where they hold no Latin letter."""
    plain = unicodedata.normalize("NFKD", "_".join(terms)).encode("ascii", "ignore").decode().lower()
    words = [word for word in re.split("[^a-z0-9]+", plain) if word]
    while words and not words[0][0].isalpha():
        words.pop(0)
    name = "_".join(words[:NAME_WORDS])[:NAME_LIMIT].strip("_")
    return name if len(name) > 1 else "new_topic"
