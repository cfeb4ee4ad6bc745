"""How much of what lies around messages is known: the two-sample test by nearest neighbours."""

from __future__ import annotations

import numpy as np

from assistant.monitoring.proposals import Matrix
from assistant.monitoring.space import Labels, class_means, unit

NEIGHBOURS = 20
SURELY = 0.75  # of the known share expected of an intent's own messages: what lies beside the intent stays well below
AT_ONCE = 1024  # messages compared with everything at a time


def known_shares(rows: Matrix, known: Matrix) -> Matrix:
    """Of each row's 1, 2, ... NEIGHBOURS nearest, other rows and known ones together, the share that is known.

    By cosine; rows and known rows are of unit length. Where rows come from the known intents the two kinds mix (after
    Schilling 1986, Henze 1988). Shape: (rows, dimension), (known, dimension) -> (rows, at most NEIGHBOURS).
    """
    both = np.concatenate([known, rows]).astype(np.float32)
    count = min(NEIGHBOURS, len(both) - 1)
    shares = np.zeros((len(rows), max(count, 0)))
    for start in range(0, len(rows) if count > 0 else 0, AT_ONCE):
        some = np.arange(start, min(start + AT_ONCE, len(rows)))
        cosines = both[len(known) + some] @ both.T
        cosines[np.arange(len(some)), len(known) + some] = -np.inf  # nothing is its own neighbour
        nearest = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(cosines, nearest, axis=1), axis=1, kind="stable")
        there = np.take_along_axis(nearest, order, axis=1) < len(known)
        shares[some] = there.cumsum(axis=1) / np.arange(1, count + 1)
    return shares


def crowded(groups: Labels, shares: Matrix, left: Labels, least: float, expected: Matrix) -> list[int]:
    """The numbers of the groups in whose midst known rows lie.

    Around them the known share is at least `least` times that around the rows `left`, or at least SURELY times what
    is `expected` of the group. Shares are among as many neighbours as a row of the group has others in it, at most
    NEIGHBOURS. Shapes: groups (rows,), below 0 where a row is in none; shares as of `known_shares`; expected (groups,).
    """
    found = []
    for group in np.unique(groups[groups >= 0]).tolist():
        members = np.flatnonzero(groups == group)
        last = min(len(members) - 1, shares.shape[1]) - 1
        if last < 0:
            continue
        usual = least * shares[left, last].mean() if len(left) else np.inf
        if shares[members, last].mean() >= min(usual, SURELY * expected[group]):
            found.append(group)
    return found


def expected_shares(groups: Labels, rows: Matrix, known: Matrix, labels: Labels) -> Matrix:
    """Of each group the share of known rows that would lie around it, were it a part of the known intent next to it.

    That intent's known rows among these, the group, and what else came in of the intent: the rows in no group to which
    its mean is the nearest. An intent that is asked for all day has few known rows among many. Shape: (groups,).
    """
    means = unit(class_means(known, labels))
    counts = np.bincount(labels)
    others = np.bincount((rows[groups < 0] @ means.T).argmax(axis=1), minlength=len(means))
    sizes = np.bincount(groups[groups >= 0])
    nearest = (class_means(rows[groups >= 0], groups[groups >= 0]) @ means.T).argmax(axis=1)
    shares: Matrix = counts[nearest] / (counts[nearest] + sizes + others[nearest])
    return shares
