"""What a discoverer is given and what it hands back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Features = NDArray[np.float32]


@dataclass(frozen=True)
class KnownIntents:
    """What is known: labelled rows, at least two of each of two intents to learn anything from them.

    Shape of vectors: (rows, dimension). `texts` are those of the first rows; of the others none is kept, and they lend
    names no contrast.
    """

    intents: tuple[str, ...]
    vectors: Features = field(repr=False)
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contrast:
    """The known intent that is nearest, and why a proposal is not it.

    `similarity` is the cosine in [-1, 1] of the two means in the discoverer's space; `usual` is that of one known
    intent's halves, which the same intent would reach. `terms` tell the proposal from the intent, `theirs` the intent
    from the proposal.
    """

    intent: str
    similarity: float
    usual: float
    terms: tuple[str, ...]
    theirs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IntentProposal:
    """Messages that look like one intent that nobody has named yet.

    `members` and `examples` are row numbers of what was given; the examples are the most central members, medoid
    first. `name` may be taken already. `centre` is the mean of the members' embeddings, of unit length.
    """

    members: tuple[int, ...]
    examples: tuple[int, ...]
    name: str
    terms: tuple[str, ...]
    nearest: Contrast | None
    centre: Features = field(repr=False)


class IntentDiscoverer(Protocol):
    """Finds intents that are not known yet in unlabelled messages. Pure: equal rows give equal proposals."""

    def propose(
        self, texts: Sequence[str], features: Features, known: KnownIntents, strangeness: Matrix | None = None
    ) -> list[IntentProposal]:
        """The proposals, largest first; no row is in two of them.

        `strangeness` says how little each message resembles what the version has learned, on any scale; None where it
        cannot tell. Shapes: features (len(texts), dimension), strangeness (len(texts),).
        """
