"""Words that tell a group of messages from others, by class-based TF-IDF."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

# Words of a name as `store.intents` accepts it: small letters, digits and _, a letter first, 2 to 40 characters.
NAME_WORDS, NAME_LIMIT = 3, 40
WORD = r"(?u)\b[^\W\d_][\w'’-]+\b"  # words that begin with a letter, of at least two characters


def distinctive_terms(groups: Sequence[Sequence[str]], count: int = 5) -> list[tuple[str, ...]]:
    """The most distinctive words and pairs of words of each group against the others, best first.

    Class-based TF-IDF (Grootendorst 2022, BERTopic): a term's share of the words of its group times the logarithm of
    1 + (mean words of a group) / (its count in all), where a message counts a term once, so that one long message names
    nothing. A term that is no more frequent in the group than in all is left out, and so is one that shares a word with
    a better one.
    """
    try:
        counter = CountVectorizer(
            token_pattern=WORD, ngram_range=(1, 2), stop_words=sorted(ENGLISH_STOP_WORDS), binary=True
        )
        documents = counter.fit_transform([text for group in groups for text in group])
    except ValueError:  # no words but stop words
        return [() for _ in groups]
    terms = counter.get_feature_names_out()
    bounds = np.cumsum([0, *map(len, groups)])
    counts = np.stack([np.asarray(documents[a:b].sum(axis=0)).ravel() for a, b in pairwise(bounds)]).astype(np.float64)
    size = counts.sum(axis=1, keepdims=True)
    weights = counts / np.maximum(size, 1) * np.log1p(size.mean() / np.maximum(counts.sum(axis=0), 1))
    messages = np.diff(bounds)[:, None]
    usual = counts.sum(axis=0) / max(1, bounds[-1])
    weights[counts / np.maximum(messages, 1) <= usual] = 0.0
    return [_best(row, terms, count) for row in weights]


def _best(weights: np.ndarray[tuple[int], np.dtype[np.float64]], terms: Sequence[str], count: int) -> tuple[str, ...]:
    chosen: list[str] = []
    for column in np.argsort(-weights, kind="stable"):
        if weights[column] <= 0 or len(chosen) == count:
            break
        term = str(terms[column])
        if not any(set(term.split()) & set(other.split()) for other in chosen):
            chosen.append(term)
    return tuple(chosen)


def name_of(terms: Sequence[str]) -> str:
    """A name as the store accepts it, from the first terms; `new_topic` where they hold no Latin letter."""
    plain = unicodedata.normalize("NFKD", "_".join(terms)).encode("ascii", "ignore").decode().lower()
    words = [word for word in re.split("[^a-z0-9]+", plain) if word]
    while words and not words[0][0].isalpha():
        words.pop(0)
    name = "_".join(words[:NAME_WORDS])[:NAME_LIMIT].strip("_")
    return name if len(name) > 1 else "new_topic"
