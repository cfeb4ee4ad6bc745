"""What the class-incremental benchmark measures, and the object it prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from statistics import fmean

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class StreamSession:
    """The test rows after one update. `intents` counts all intents seen so far; accuracies are in [0, 1].

    `old_accuracy` is that of the intents of earlier sessions (None in session 0), `new_accuracy` that of the
    intents that have just arrived; both are predicted among all intents seen. `seconds` are those of `update()`.
    """

    intents: int
    accuracy: float
    old_accuracy: float | None
    new_accuracy: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Measures:
    """A stream in five numbers: shares in [0, 1], where `forgetting` and `base_drop` fall below 0 on a gain.

    `average_accuracy` is over sessions, session 0 included. `forgetting` is the mean, over the intents that have a
    past, of the best earlier accuracy minus the final one. `base_drop` is the accuracy of the base intents in
    session 0 minus that in the last session. `update_seconds` are those of the last update.
    """

    final_accuracy: float
    average_accuracy: float
    forgetting: float
    base_drop: float
    update_seconds: float


@dataclass(frozen=True, slots=True)
class SeedResult:
    """One stream: one order of the intents."""

    seed: int
    sessions: tuple[StreamSession, ...]
    measures: Measures


@dataclass(frozen=True, slots=True)
class StreamResult:
    """One data set, plan and encoder under several orders of the intents. `memory` is exemplars per intent."""

    dataset: str
    plan: str
    encoder: str
    memory: int
    seeds: tuple[SeedResult, ...]

    @property
    def mean(self) -> Measures:
        """The mean of every measure over the seeds."""
        return Measures(**{name: fmean(values) for name, values in self.by_measure().items()})

    def by_measure(self) -> dict[str, list[float]]:
        """For every measure, in order, its value under each seed."""
        return {f.name: [getattr(one.measures, f.name) for one in self.seeds] for f in fields(Measures)}

    def as_json(self) -> dict[str, object]:
        """Only strings, ints, finite floats, None, lists and dicts."""
        return {
            "dataset": self.dataset,
            "plan": self.plan,
            "encoder": self.encoder,
            "memory": self.memory,
            "seeds": [
                {"seed": one.seed, "sessions": [asdict(s) for s in one.sessions], **asdict(one.measures)}
                for one in self.seeds
            ],
            "mean": asdict(self.mean),
        }


def measured(
    seed: int,
    right: NDArray[np.int64],
    rows: NDArray[np.int64],
    arrival: NDArray[np.int64],
    seconds: Sequence[float],
) -> SeedResult:
    """The measures of one stream of at least two sessions.

    `right` counts the rightly classified test rows of each intent after each session, 0 before the intent arrives.
    Shape: (sessions, intents). `rows` counts the test rows of each intent, each > 0; `arrival` is the session that
    brings it, from 0. Shape of both: (intents,). `seconds` has one value per session.
    """

    def accuracy(session: int, intents: NDArray[np.bool_]) -> float:
        return float(right[session, intents].sum() / rows[intents].sum())

    sessions = tuple(
        StreamSession(
            intents=int((arrival <= session).sum()),
            accuracy=accuracy(session, arrival <= session),
            old_accuracy=accuracy(session, arrival < session) if session else None,
            new_accuracy=accuracy(session, arrival == session),
            seconds=float(took),
        )
        for session, took in enumerate(seconds)
    )
    last = len(sessions) - 1
    # The intents of the last session have no past to forget.
    by_intent = right[:, arrival < last] / rows[arrival < last]
    return SeedResult(
        seed,
        sessions,
        Measures(
            final_accuracy=sessions[-1].accuracy,
            average_accuracy=fmean(session.accuracy for session in sessions),
            forgetting=float((by_intent[:last].max(axis=0) - by_intent[last]).mean()),
            base_drop=accuracy(0, arrival == 0) - accuracy(last, arrival == 0),
            update_seconds=sessions[-1].seconds,
        ),
    )
