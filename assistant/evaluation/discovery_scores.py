"""How well discovered groups match the intents that were hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

LEFT = -1  # the group of a row that is in no proposal


@dataclass(frozen=True, slots=True)
class DiscoveryScores:
    """Shares in [0, 1]; `ari` may be below 0.

    NMI (arithmetic mean) and ARI compare the hidden rows' intents with their proposals, where all the rows that were
    left with the known intents or as noise are one group more; 0 where all were left. `accuracy` is the share of all
    hidden rows that lie in the proposal matched to their intent, each intent with at most one proposal and each
    proposal with at most one intent (Hungarian method); the rows left are never matched, so that each of them counts as
    wrong. `k_error` is |proposals − intents| / intents, over all proposals, also those of known rows alone.
    `known_wrongly_proposed` is the share of known intents' rows that lie in any proposal.
    """

    nmi: float
    ari: float
    accuracy: float
    k_error: float
    known_wrongly_proposed: float

    def as_json(self) -> dict[str, float]:
        return asdict(self)


def discovery_scores(intents: Sequence[str], hidden: Sequence[bool], groups: NDArray[np.int64]) -> DiscoveryScores:
    """The scores of `groups`: the number of each row's proposal, or LEFT. Shape of all three: (rows,)."""
    secret = np.asarray(hidden, dtype=bool)
    _, truth = np.unique(np.asarray(intents)[secret], return_inverse=True)
    found = groups[secret]
    proposals = len(np.unique(groups[groups != LEFT]))
    known = groups[~secret]
    any_found = bool((found != LEFT).any())  # of a single intent that was left, both measures would call it perfect
    return DiscoveryScores(
        nmi=float(normalized_mutual_info_score(truth, found)) if any_found else 0.0,
        ari=float(adjusted_rand_score(truth, found)) if any_found else 0.0,
        accuracy=_matched(truth, found),
        k_error=abs(proposals - (truth.max() + 1)) / float(truth.max() + 1),
        known_wrongly_proposed=float((known != LEFT).mean()) if len(known) else 0.0,
    )


def _matched(truth: NDArray[np.int64], found: NDArray[np.int64]) -> float:
    proposed = found != LEFT
    if not proposed.any():
        return 0.0
    names, columns = np.unique(found[proposed], return_inverse=True)
    table = np.zeros((truth.max() + 1, len(names)), dtype=np.int64)
    np.add.at(table, (truth[proposed], columns), 1)
    pairs = linear_sum_assignment(table, maximize=True)
    return float(table[pairs].sum() / len(truth))
