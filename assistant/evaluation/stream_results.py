"""What the class-incremental benchmark measures, and the object it prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from statistics import fmean

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class StreamSession:
    """The test rows after one update. `intents` counts all intents seen so far; accuracies are in [0, 1].

    `old_accuracy` is that of the intents of earlier sessions (None in session 0), `new_accuracy` that of the
    intents that have just arrived; both are predicted among all intents seen. `seconds` are those of `update()`.
    `forgetting` is the mean, over the intents of earlier sessions, of the best accuracy so far minus the present one
    (None in session 0; below 0 on a gain).
    """

    intents: int
    accuracy: float
    old_accuracy: float | None
    new_accuracy: float
    seconds: float
    forgetting: float | None


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
    """One stream: one order of the intents.

    `excess` is the worst drop of a single session beyond what a joint retrain loses in the same one, None where no
    such retrain was measured. `version_bytes` is what the last version's folder takes without its encoder, None for
    who makes no versions.
    """

    seed: int
    sessions: tuple[StreamSession, ...]
    measures: Measures
    excess: float | None = None
    version_bytes: int | None = None

    @property
    def more(self) -> dict[str, float | None]:
        """What else is measured; None where it is not. `total_seconds` are those of all updates."""
        return {
            "excess": self.excess,
            "total_seconds": sum(session.seconds for session in self.sessions),
            "version_bytes": self.version_bytes,
        }

    @property
    def drops(self) -> list[float]:
        """What the old intents lose in each session after the base: accuracy before minus `old_accuracy` after."""
        nights = zip(self.sessions, self.sessions[1:], strict=False)
        return [before.accuracy - after.old_accuracy for before, after in nights if after.old_accuracy is not None]

    def as_json(self) -> dict[str, object]:
        """Only strings, ints, finite floats, None, lists and dicts."""
        sessions = [{name: value for name, value in asdict(s).items() if name != "forgetting"} for s in self.sessions]
        return {"seed": self.seed, "sessions": sessions, **asdict(self.measures), **_known(**self.more)}


@dataclass(frozen=True, slots=True)
class StreamResult:
    """One data set, contender and encoder under several orders of the intents.

    `plan` names the contender; `memory` is exemplars per intent, None for an anchor. For `shots` and `noise` see
    `StreamShape`.
    """

    dataset: str
    plan: str
    encoder: str
    memory: int | None
    seeds: tuple[SeedResult, ...]
    shots: int | None = None
    noise: float = 0.0

    @property
    def mean(self) -> Measures:
        """The mean of every measure over the seeds."""
        values = self.by_measure()
        return Measures(**{field.name: fmean(values[field.name]) for field in fields(Measures)})

    def by_measure(self) -> dict[str, list[float]]:
        """For every measure, in order, its value under each seed; what not all have comes last, where it is known."""
        values = {f.name: [getattr(one.measures, f.name) for one in self.seeds] for f in fields(Measures)}
        for name in self.seeds[0].more:
            known = [value for one in self.seeds if (value := one.more[name]) is not None]
            values |= {name: known} if known else {}
        return values

    def beyond(self, joint: StreamResult) -> StreamResult:
        """The same with the excess over a joint retrain of the same stream. It is below 0 where every night was kinder
        to the old intents than the retrain's. Raises ValueError for other seeds or another number of sessions.
        """
        pairs = list(zip(self.seeds, joint.seeds, strict=True))
        if any(one.seed != other.seed for one, other in pairs):
            raise ValueError(f"seeds {[one.seed for one in self.seeds]} and {[one.seed for one in joint.seeds]}")
        seeds = []
        for one, other in pairs:
            nights = zip(one.drops, other.drops, strict=True)
            seeds.append(replace(one, excess=max(lost - retrained for lost, retrained in nights)))
        return replace(self, seeds=tuple(seeds))

    def as_json(self) -> dict[str, object]:
        """Only strings, ints, finite floats, None, lists and dicts; without excess, shots and noise unless given."""
        return {
            "dataset": self.dataset,
            "plan": self.plan,
            "encoder": self.encoder,
            "memory": self.memory,
            **_known(shots=self.shots, noise=self.noise or None),
            "seeds": [one.as_json() for one in self.seeds],
            "mean": {name: fmean(values) for name, values in self.by_measure().items()},
        }


def _known(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def measured(
    seed: int,
    right: NDArray[np.int64],
    rows: NDArray[np.int64],
    arrival: NDArray[np.int64],
    seconds: Sequence[float],
    version_bytes: int | None = None,
) -> SeedResult:
    """The measures of one stream of at least two sessions.

    `right` counts the rightly classified test rows of each intent after each session, 0 before the intent arrives.
    Shape: (sessions, intents). `rows` counts the test rows of each intent, each > 0; `arrival` is the session that
    brings it, from 0. Shape of both: (intents,). `seconds` has one value per session.
    """

    def accuracy(session: int, intents: NDArray[np.bool_]) -> float:
        return float(right[session, intents].sum() / rows[intents].sum())

    def forgetting(session: int) -> float:
        by_intent = right[: session + 1, arrival < session] / rows[arrival < session]
        return float((by_intent[:-1].max(axis=0) - by_intent[-1]).mean())

    sessions = tuple(
        StreamSession(
            intents=int((arrival <= session).sum()),
            accuracy=accuracy(session, arrival <= session),
            old_accuracy=accuracy(session, arrival < session) if session else None,
            new_accuracy=accuracy(session, arrival == session),
            seconds=float(took),
            forgetting=forgetting(session) if session else None,
        )
        for session, took in enumerate(seconds)
    )
    last = len(sessions) - 1
    return SeedResult(
        seed,
        sessions,
        Measures(
            final_accuracy=sessions[-1].accuracy,
            average_accuracy=fmean(session.accuracy for session in sessions),
            forgetting=forgetting(last),  # the intents of the last session have no past to forget
            base_drop=accuracy(0, arrival == 0) - accuracy(last, arrival == 0),
            update_seconds=sessions[-1].seconds,
        ),
        version_bytes=version_bytes,
    )
