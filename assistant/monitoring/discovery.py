"""New intents among messages that nobody has labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.cluster import HDBSCAN

from assistant.monitoring.crowding import crowded, expected_shares, known_shares
from assistant.monitoring.describing import described
from assistant.monitoring.grouping import best_cut, close_groups, cut, large, ward_tree
from assistant.monitoring.proposals import Features, IntentDiscoverer, IntentProposal, KnownIntents, Matrix
from assistant.monitoring.smoothing import smoothed
from assistant.monitoring.space import Labels, class_means, compressed, fitted_space, unit

NONE = -1
HELD = 0.25  # share of an intent's exemplars that makes a group of rows that intent's
FAMILIAR = 0.75  # share of the known intents' groups that a new one is stranger than
COMPONENTS = 384  # principal components that all is done in
COMPRESSED = 128  # those of the whitened rows, in which the tree of all rows is grown
DISTANCES, FOLDS = [0.3 + 0.02 * step for step in range(45)], 3
CROWDING = 0.06  # by which the distance that tells intents apart falls where there are e times as many of them
FARTHEST = 1.5  # factor by which that may change their number; beyond it both fall alike, which says nothing
FEW = 20  # intents whose means span too little for a discriminant space to tell new ones apart


@dataclass(frozen=True, slots=True)
class Anchored:
    """Groups new messages together with the known intents' rows, and proposes the groups that hold none of them.

    Before all, messages and known rows move towards those that resemble them (see `smoothed`).

    1. Messages and known rows are grouped (Ward) where variation within the known intents is whitened. A row alone
       seldom says that it is new; a group of them does: one that holds none of the known intents, and is stranger to
       the version than most that do, is a candidate.
    2. The candidates are grouped in the discriminant space of the known intents (whitened where these are few), into as
       many groups as two counts agree on: how many lie apart by the distance that tells as many known intents apart,
       and the number with the highest mean silhouette.
    3. Space and groups are refined in turn: the groups join the intents that the space is fitted on, and every row
       goes to its nearest mean, of a group or of a known intent (semi-supervised k-means, after Vaze et al. 2022,
       Generalized Category Discovery).
    4. A group that lies in the midst of known rows is an intent's that came in so often that it filled groups of its
       own in step 1. It is not proposed where at least `mixed` as large a share of what lies around it is known as
       around the messages that step 1 left with the known intents, or nearly as large a one as if it were its nearest
       intent's.

    `least` rows make a proposal. Groups far smaller than the others are left out as splinters. Step 1 makes a group for
    every `grain` rows; `whitening` and `shrinkage` are the shares of a round covariance in steps 1 and 2.
    """

    least: Annotated[int, Field(ge=2)] = 5
    rounds: Annotated[int, Field(ge=0, le=20)] = 1
    grain: Annotated[float, Field(ge=2)] = 25.0
    whitening: Annotated[float, Field(gt=0, le=1)] = 0.3
    shrinkage: Annotated[float, Field(gt=0, le=1)] = 0.4
    mixed: Annotated[float, Field(gt=0)] = 0.5

    def propose(
        self, texts: Sequence[str], features: Features, known: KnownIntents, strangeness: Matrix | None = None
    ) -> list[IntentProposal]:
        if len(texts) < self.least or not known.intents:
            return []
        labels = np.unique(known.intents, return_inverse=True)[1].astype(np.int64)
        groups = self.grouped(features, known.vectors, labels, strangeness)
        space = fitted_space(known.vectors, labels, self.whitening, discriminant=False)
        return described(groups, texts, features, known, space)

    def grouped(
        self, features: Features, vectors: Features, labels: Labels, strangeness: Matrix | None = None
    ) -> Labels:
        """The group of each row of `features`, or NONE. `labels` are those of the known rows, `vectors`, from 0 on."""
        both = compressed(np.concatenate([vectors, features]).astype(np.float64), COMPONENTS)
        space = fitted_space(both[: len(vectors)], labels, self.whitening, discriminant=False)
        both = smoothed(both, space.rows(both))
        known, rows = both[: len(vectors)], both[len(vectors) :]
        space = fitted_space(known, labels, self.whitening, discriminant=False)
        white, messages = space.rows(known), space.rows(rows)
        candidates = self._candidates(messages, white, labels, strangeness)
        groups = self._grouped(rows, known, labels, candidates)
        left = np.setdiff1d(np.arange(len(rows)), candidates)
        if not (groups != NONE).any():
            return groups
        expected = expected_shares(groups, messages, white, labels)
        known_ones = crowded(groups, known_shares(messages, white), left, self.mixed, expected)
        return _numbered(np.where(np.isin(groups, known_ones), NONE, groups))

    def _candidates(self, features: Matrix, vectors: Matrix, labels: Labels, strangeness: Matrix | None) -> Labels:
        """The rows in groups that no known intent is in, and that are not familiar either."""
        rows = np.concatenate([vectors, features])
        groups = max(2 * (int(labels.max()) + 1), round(len(rows) / self.grain))
        found = cut(ward_tree(compressed(rows, COMPRESSED)), groups)
        held = np.zeros((int(labels.max()) + 1, int(found.max()) + 1))
        np.add.at(held, (labels, found[: len(labels)]), 1)
        taken = (held / np.bincount(labels)[:, None]).max(axis=0) >= HELD
        theirs = found[len(labels) :]
        if strangeness is not None:
            taken = _familiar(theirs, taken, strangeness)
        candidates: Labels = np.flatnonzero(~taken[theirs])
        return candidates

    def _grouped(self, features: Matrix, vectors: Matrix, labels: Labels, candidates: Labels) -> Labels:
        """The group of each row, or NONE."""
        groups = np.full(len(features), NONE, dtype=np.int64)
        if len(candidates) < self.least:
            return groups
        space = fitted_space(vectors, labels, self.shrinkage, discriminant=int(labels.max()) >= FEW)
        rows, others = space.rows(features[candidates]), class_means(space.rows(vectors), labels)
        expected = self._expected(rows, vectors, labels)
        groups[candidates] = best_cut(rows, ward_tree(rows), others, expected) if len(rows) > 1 else 0
        groups = self._large(groups)
        nearest = np.full(len(features), NONE, dtype=np.int64)  # the known intent of a row, once it has one
        for _ in range(self.rounds):
            if not (groups != NONE).any():
                break
            groups, nearest = self._refined(features, vectors, labels, groups, nearest)
            groups = self._large(groups)
        return groups

    def _expected(self, rows: Matrix, vectors: Matrix, labels: Labels) -> int:
        """How many groups lie apart by the distance that tells as many known intents apart.

        That distance is measured on known intents that the space was not fitted on. It is for so many of them; of more
        intents the next one lies nearer, so that it falls with their number.
        """
        counts = np.zeros(len(DISTANCES))
        for fold in range(FOLDS):
            out = labels % FOLDS == fold
            given = np.unique(labels[~out], return_inverse=True)[1].astype(np.int64)
            if not out.any() or not len(given):
                return max(1, len(rows) // (5 * self.least))
            space = fitted_space(vectors[~out], given, self.shrinkage, discriminant=int(labels.max()) >= FEW)
            counts += close_groups(space.rows(vectors[out]), DISTANCES, 2)
        known = int(labels.max()) + 1
        peak = int(counts.argmax())  # before it most rows are alone
        right = peak + int(np.abs(counts[peak:] - known).argmin())
        told_apart = known / FOLDS * np.exp((DISTANCES[right] - np.array(DISTANCES)) / CROWDING)
        groups = np.maximum(close_groups(rows, DISTANCES, self.least), 1)
        peak = int(groups.argmax())
        found = groups[peak + int(np.abs(np.log(groups / told_apart))[peak:].argmin())]
        near = 1 / FARTHEST <= found / groups[right] <= FARTHEST
        return int(found if near else groups[right])

    def _refined(
        self, features: Matrix, vectors: Matrix, labels: Labels, groups: Labels, nearest: Labels
    ) -> tuple[Labels, Labels]:
        """Groups and known intents after the space was fitted on both, and the rows have gone to their nearest mean."""
        count = int(labels.max()) + 1
        for step in range(6):
            given = np.where(groups == NONE, nearest, groups + count)
            certain = given != NONE
            all_labels = np.concatenate([labels, given[certain]])
            if step == 0:
                both = np.concatenate([vectors, features[certain]])
                space = fitted_space(both, all_labels, self.shrinkage, discriminant=count > FEW)
                rows, anchors = space.rows(features), space.rows(vectors)
            centres = unit(class_means(np.concatenate([anchors, rows[certain]]), all_labels))
            best = (rows @ centres.T).argmax(axis=1)
            nearest = np.where(best < count, best, NONE)
            groups = _numbered(np.where(best < count, NONE, best - count))
        return groups, nearest

    def _large(self, groups: Labels) -> Labels:
        """Without groups of fewer than `least` rows, or far smaller than the one that the middle row is in."""
        kept = large(np.bincount(groups[groups != NONE]), self.least)
        return _numbered(np.where(np.isin(groups, kept), groups, NONE))


@dataclass(frozen=True, slots=True)
class Density:
    """HDBSCAN (Campello et al. 2013) where variation within the known intents is whitened; what is near a known mean,
    by more than `known` in cosine, is left out first. Simple and quick, and rows of sparse intents are noise to it. It
    does not ask how strange a message is.
    """

    least: Annotated[int, Field(ge=2)] = 5
    known: Annotated[float, Field(ge=-1, le=1)] = 0.5
    shrinkage: Annotated[float, Field(gt=0, le=1)] = 0.2

    def propose(
        self, texts: Sequence[str], features: Features, known: KnownIntents, strangeness: Matrix | None = None
    ) -> list[IntentProposal]:
        if len(texts) < self.least or not known.intents:
            return []
        labels = np.unique(known.intents, return_inverse=True)[1].astype(np.int64)
        space = fitted_space(known.vectors, labels, self.shrinkage, discriminant=False)
        rows = space.rows(features)
        means: Matrix = unit(class_means(space.rows(known.vectors), labels))
        open_rows = np.flatnonzero((rows @ means.T).max(axis=1) < self.known)
        groups = np.full(len(texts), NONE, dtype=np.int64)
        if len(open_rows) >= self.least:
            groups[open_rows] = self._dense(rows[open_rows])
        return described(_numbered(groups), texts, features, known, space)

    def _dense(self, rows: Matrix) -> Labels:
        """Several groups, or, where there are none, a single one, which would win over several too often."""
        for single in (False, True):
            finder = HDBSCAN(min_cluster_size=self.least, allow_single_cluster=single, copy=True)
            groups: Labels = finder.fit_predict(rows).astype(np.int64)
            if (groups != NONE).any():
                break
        return groups


def _familiar(groups: Labels, taken: NDArray[np.bool_], strangeness: Matrix) -> NDArray[np.bool_]:
    """Those `taken`, and those less strange on average than most of them. Shapes: (rows,), (groups,), (rows,)."""
    sizes = np.bincount(groups, minlength=len(taken))
    means = np.bincount(groups, strangeness, minlength=len(taken)) / np.maximum(sizes, 1)
    usual = means[taken & (sizes > 0)]
    return taken | (means < np.quantile(usual, FAMILIAR)) if len(usual) else taken


def _numbered(groups: Labels) -> Labels:
    """The same groups numbered from 0 without gaps; NONE stays."""
    found = np.unique(groups[groups != NONE])
    numbers: Labels = np.where(groups == NONE, NONE, np.searchsorted(found, groups))
    return numbers


DISCOVERERS: dict[str, type[IntentDiscoverer]] = {"anchored": Anchored, "density": Density}
