"""Groups of rows become proposals: name, words, examples, and why it is not the nearest known intent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assistant.monitoring.naming import distinctive_terms, name_of
from assistant.monitoring.proposals import Contrast, Features, IntentProposal, KnownIntents, Matrix
from assistant.monitoring.space import Labels, Space, class_means, unit

EXAMPLES = 5


def described(
    groups: Labels, texts: Sequence[str], features: Features, known: KnownIntents, space: Space
) -> list[IntentProposal]:
    """One proposal for each group from 0 on, largest first; `space` says what is near. Shape of groups: (rows,)."""
    found = [np.flatnonzero(groups == number) for number in range(int(groups.max(initial=-1)) + 1)]
    found.sort(key=lambda members: (-len(members), int(members[0])))
    if not found:
        return []
    names, labels = np.unique(known.intents, return_inverse=True)
    rows, anchors = space.rows(features), space.rows(known.vectors)
    means = unit(class_means(anchors, labels.astype(np.int64)))
    usual = _halves(anchors, labels.astype(np.int64))
    taught: list[list[str]] = [[] for _ in names]
    for text, number in zip(known.texts, labels, strict=False):  # no texts where none is kept
        taught[number].append(text)
    terms = distinctive_terms([*(_of(texts, members) for members in found), *taught])
    proposals = []
    for members, words in zip(found, terms, strict=False):
        centre = rows[members].mean(axis=0)
        order = members[np.argsort(-(rows[members] @ centre), kind="stable")]
        near = int((means @ centre).argmax())
        said, theirs = distinctive_terms([_of(texts, members), taught[near]])
        similarity = float(means[near] @ unit(centre[None])[0])
        proposals.append(
            IntentProposal(
                members=tuple(members.tolist()),
                examples=tuple(order[:EXAMPLES].tolist()),
                name=name_of(words[:2] or words),
                terms=words,
                nearest=Contrast(str(names[near]), similarity, usual, said, theirs),
                centre=unit(features[members].mean(axis=0, dtype=np.float64)[None])[0].astype(np.float32),
            )
        )
    return proposals


def _of(texts: Sequence[str], members: Labels) -> list[str]:
    return [texts[row] for row in members.tolist()]


def _halves(anchors: Matrix, labels: Labels) -> float:
    """The usual cosine of the means of two halves of one known intent; 1 where no intent has two rows."""
    first = np.zeros(len(labels), dtype=bool)
    for number in range(int(labels.max()) + 1):
        first[np.flatnonzero(labels == number)[::2]] = True
    both = np.intersect1d(labels[first], labels[~first])
    if not len(both):
        return 1.0
    pairs = [[unit(anchors[(labels == n) & side].mean(axis=0)[None])[0] for side in (first, ~first)] for n in both]
    return float(np.median([one @ other for one, other in pairs]))
