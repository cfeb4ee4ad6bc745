"""Grouping rows by Ward's method, and how many groups there are."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_array

from assistant.monitoring.proposals import Matrix
from assistant.monitoring.space import Labels

SMALL = 0.2  # of the usual size: a smaller group is a splinter
STEPS = 24  # numbers of groups looked at, evenly spaced in their logarithm
FEWEST, MOST = 0.5, 2.5  # of what is expected: the numbers looked at
HEARD = 1 / 3  # the silhouette's part in the number that both counts agree on


def ward_tree(rows: Matrix) -> Matrix:
    """The tree of merges (Ward 1963). Memory grows with the square of the rows: 400 MB for 10,000."""
    tree: Matrix = linkage(rows.astype(np.float32), "ward")
    return tree


def cut(tree: Matrix, groups: int) -> Labels:
    """At most so many groups, numbered from 0."""
    labels: Labels = fcluster(tree, groups, "maxclust").astype(np.int64) - 1
    return labels


def silhouettes(rows: Matrix, labels: Labels, others: Matrix | None = None) -> Matrix:
    """How much nearer each row is to its own group than to the next, from -1 to 1 (Rousseeuw 1987); 0 for a single row.

    Of unit rows the mean cosine distance to a group is 1 less the product with its mean, so no pair is compared.
    `others` has means of groups that none of the rows is in. Shape of the result: (rows,).
    """
    sizes = np.bincount(labels)
    places = np.arange(len(rows))
    members = csr_array((np.ones(len(rows)), (labels, places)), shape=(len(sizes), len(rows)))
    products = rows @ (members @ rows).T
    own_size = sizes[labels]
    own = 1 - (products[places, labels] - 1) / np.maximum(own_size - 1, 1)
    distances = 1 - products / sizes
    distances[places, labels] = np.inf
    next_best = distances.min(axis=1)
    if others is not None:
        next_best = np.minimum(next_best, (1 - rows @ others.T).min(axis=1))
    finite = np.isfinite(next_best)  # the only group there is has no next one
    widest = np.maximum(np.maximum(own, next_best), 1e-12)
    grades: Matrix = np.where((own_size > 1) & finite, (next_best - own) / np.where(finite, widest, 1.0), 0.0)
    return grades


def best_cut(rows: Matrix, tree: Matrix, others: Matrix, expected: int) -> Labels:
    """The tree cut into as many groups as two counts agree on: `expected` (at least 1) and the highest mean silhouette.

    The two err in opposite ways: what counts groups that lie apart takes those that touch for one, and a silhouette is
    higher where stray rows have groups of their own. Their weighted geometric mean is taken; a silhouette that is
    highest at the largest number looked at has no maximum, and does not count. A single group is the alternative: how
    good it is, only a look at its neighbours tells, and the means `others` are these, for both in turn.
    """
    grade = cache(lambda count: float(silhouettes(rows, cut(tree, count)).mean()))
    low, high = max(2, round(FEWEST * expected)), min(len(rows), round(MOST * expected) + 1)
    whole = cut(tree, 1)
    if high < low:
        return whole
    looked_at = sorted({round(low * (high / low) ** (step / STEPS)) for step in range(STEPS + 1)})
    highest = max(looked_at, key=grade)
    agreed = expected if highest == looked_at[-1] else round(expected ** (1 - HEARD) * highest**HEARD)
    best = cut(tree, max(2, agreed))
    alone, apart = (float(silhouettes(rows, labels, others).mean()) for labels in (whole, best))
    return whole if alone >= apart else best


def close_groups(rows: Matrix, distances: Sequence[float], least: int) -> list[int]:
    """How many large groups there are when rows at such a mean cosine distance are joined, for each distance.

    By average linkage, whose heights do not grow with the groups, so that they carry over from rows to other rows. A
    single row, or none, has no tree.
    """
    if len(rows) < 2:
        return [int(0 < least <= len(rows))] * len(distances)
    tree = linkage(rows, "average", metric="cosine")
    return [len(large(np.bincount(fcluster(tree, each, "distance")), least)) for each in distances]


def large(sizes: Labels, least: int) -> Labels:
    """The numbers of the groups that are no splinters: of `least` rows, and not far smaller than the usual one.

    The usual size is that of the group which the middle row is in. Shape of sizes: (groups,).
    """
    falling = np.sort(sizes)[::-1]
    usual = falling[np.searchsorted(np.cumsum(falling), falling.sum() / 2)] if len(sizes) else 0
    numbers: Labels = np.flatnonzero(sizes >= max(least, SMALL * usual))
    return numbers
