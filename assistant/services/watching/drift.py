"""The drift of the live version's traffic: logged messages in windows, measured and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.domain import OUT_OF_SCOPE, LabelSet, Version
from assistant.errors import StoreError
from assistant.model.embeddings import read_embedding, usual_dimension
from assistant.monitoring.drift import MONITORS, WINDOW, alarms, bands, lasting, lasting_scores
from assistant.monitoring.monitors.base import Band
from assistant.monitoring.monitors.page_hinkley import PageHinkley
from assistant.monitoring.windows import Lens, Window, entropies
from assistant.services.conversation.transcript import COMPLAINTS
from assistant.services.intents.retiring import heirs
from assistant.store import DriftScore, Message, UnitOfWork
from assistant.store.unit_of_work import Store

REFERENCE = 600  # messages before the version went live, if there are that many
LEAST_REFERENCE = 3 * WINDOW
PAST = PageHinkley.length  # messages that a monitor looks back to, at most
STORED_SCORES = 5
AT_ONCE = 64 * WINDOW  # messages: those of a busy year are read in parts, embeddings and all
PROBABLY = 0.5  # of having none of the intents; a version that cannot tell counts what it would not answer
Progress = Callable[[str, int, int], None]  # what is being done, done, in all


class Scoring(Protocol):
    @property
    def labels(self) -> LabelSet: ...
    def probabilities(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]: ...
    def outside(self, embeddings: NDArray[np.float32]) -> NDArray[np.float64] | None: ...


class Scored(Protocol):
    """A loaded version that says anew what messages mean that an earlier one answered."""

    @property
    def model(self) -> Scoring: ...


@dataclass(frozen=True, slots=True)
class MonitorState:
    """One monitor: its latest score with the band, how many of its windows lay outside, whether the drift lasts."""

    monitor: str
    score: float
    low: float
    high: float
    outside: int
    windows: int
    alarms: int
    lasting: bool


@dataclass(frozen=True, slots=True)
class DriftView:
    """A version's monitors in the order of the table; none, and why, while there is too little to compare."""

    version: str
    states: tuple[MonitorState, ...]
    note: str

    @property
    def lasting(self) -> tuple[str, ...]:
        """The monitors whose latest two windows lie outside the band, even without a burst."""
        return tuple(state.monitor for state in self.states if state.lasting)


class Drift:
    """`load` makes a version able to score embeddings; it is called only when there are windows to measure."""

    def __init__(self, store: Store, load: Callable[[Version], Scored]) -> None:
        self._store, self._load = store, load

    def measure(self, progress: Progress = lambda what, done, total: None) -> DriftView:
        """Measures the windows that came since and says where each monitor stands. Raises StoreError without a version.

        The reference are the last REFERENCE messages before the version went live, as this version sees them; for a
        version that had fewer than LEAST_REFERENCE before it, the first LEAST_REFERENCE that it answered itself.
        """
        with self._store.unit(read_only=True) as uow:
            version = uow.versions.live()
            if version is None:
                raise StoreError("no version is live yet; `assistant serve` trains the first one")
            before, after = _reference(uow, version)
            done = max([after, *(score.last_message for score in uow.drift.of(version.id))])
            # A version may be live for a year: what was measured is read no further than the monitors look back.
            past = uow.drift.latest(version.id, after, done, PAST)
            waiting = uow.drift.count(version.id, done)
            dimension = usual_dimension(message.embedding for message in (*before, *past))
            before, past = (_readable(each, dimension) for each in (before, past))
            disputed = _disputed(uow, before)
        if len(before) < LEAST_REFERENCE:
            note = f"drift cannot be told yet: of {LEAST_REFERENCE} messages to compare with {len(before)} have come"
            return DriftView(version.id, (), note)
        scale, rest, read = None, list[Message](), 0
        while read < waiting:
            progress("measuring messages", read, waiting)
            with self._store.unit(read_only=True) as uow:
                part = uow.drift.messages(version.id, done, AT_ONCE)
                if not part:
                    break
                rest += _readable(part, dimension)
                disputed |= _disputed(uow, [*past, *rest])
            read, done = read + len(part), part[-1].id
            windows = [rest[start : start + WINDOW] for start in range(0, len(rest) - WINDOW + 1, WINDOW)]
            if windows:
                scale = scale or self._scale(version, before, disputed, windows[0][0].threshold)
                found = scale.scored([*before, *past], windows, disputed)
                with self._store.unit() as uow:
                    uow.drift.add(found)
                past = [*past, *(message for window in windows for message in window)][-PAST:]
                rest = rest[WINDOW * len(windows) :]
        if waiting:
            progress("measuring messages", waiting, waiting)
        return self.view()

    def view(self) -> DriftView:
        """What is recorded of the live version; measures nothing. Raises StoreError without a version."""
        with self._store.unit(read_only=True) as uow:
            version = uow.versions.live()
            if version is None:
                raise StoreError("no version is live yet; `assistant serve` trains the first one")
            known = uow.drift.of(version.id)
        states = [_state(name, [score for score in known if score.monitor == name]) for name in MONITORS]
        there = tuple(state for state in states if state is not None)
        return DriftView(version.id, there, "" if there else f"no window of {WINDOW} messages is full yet")

    def _scale(
        self, version: Version, before: list[Message], disputed: frozenset[int], threshold: float | None
    ) -> _Scale:
        model, lens = self._load(version).model, Lens.fitted(_vectors(before))
        reference = _window(before, model, lens, disputed, threshold or 0.0)
        return _Scale(version.id, model, lens, threshold or 0.0, reference, bands(reference))


@dataclass(frozen=True, eq=False)
class _Scale:
    """What windows are measured by: the version, and what is usual for it."""

    version: str
    model: Scoring
    lens: Lens
    threshold: float
    reference: Window
    usual: Mapping[str, Band]

    def scored(
        self, earlier: list[Message], windows: list[list[Message]], disputed: frozenset[int]
    ) -> list[DriftScore]:
        """Of `windows`, which follow `earlier`: what was measured before, or else the reference."""
        found, past = list[DriftScore](), np.array([message.id in disputed for message in earlier])
        previous = _window(earlier[-WINDOW:], self.model, self.lens, disputed, self.threshold)
        for messages in windows:
            window = _window(messages, self.model, self.lens, disputed, self.threshold, past)
            past = np.concatenate([past, window.disputed])
            lasting_of = lasting_scores(self.reference, previous, window, self.usual)
            previous, first, last = window, messages[0].id, messages[-1].id
            for name, score in lasting_of.items():
                band = self.usual[name]
                found.append(DriftScore(self.version, name, first, last, score, band.low, band.high))
        return found


def _reference(uow: UnitOfWork, version: Version) -> tuple[list[Message], int]:
    """The reference's messages, and the id after which the windows begin."""
    first = uow.drift.first(version.id)
    before = uow.drift.before(first, version.encoder, REFERENCE)
    if len(before) >= LEAST_REFERENCE:
        return before, 0
    own = uow.drift.messages(version.id, 0, LEAST_REFERENCE)
    return own, own[-1].id if own else 0


def _disputed(uow: UnitOfWork, messages: Sequence[Message]) -> frozenset[int]:
    """Messages that a customer complained about or that an operator gave another label than the first guess, or than
    what that was merged into since. That one has none of the intents disputes only what was acted on as one."""
    labels, merged = uow.drift.labels(), heirs(uow)
    rejected = {m.id for m in messages if m.intent is None and labels.get(m.id) == OUT_OF_SCOPE}
    first = {m.id: m.scores[0].intent for m in messages if m.scores}  # none where all intents were retired
    guessed = {number: merged.get(name, name) for number, name in first.items()}
    return frozenset(
        m.id
        for m in messages
        if m.signals & COMPLAINTS or (m.id not in rejected and labels.get(m.id, guessed.get(m.id)) != guessed.get(m.id))
    )


def _window(
    messages: Sequence[Message],
    model: Scoring,
    lens: Lens,
    disputed: frozenset[int],
    threshold: float,
    before: NDArray[np.bool_] | None = None,
) -> Window:
    vectors = _vectors(messages)
    probabilities = model.probabilities(vectors)
    best = -np.sort(-probabilities, axis=1)[:, :STORED_SCORES]
    outside = model.outside(vectors)
    return Window(
        entropy=entropies(best.tolist()),
        outside=best[:, 0] < threshold if outside is None else outside >= PROBABLY,
        intents=probabilities.argmax(axis=1),
        coordinates=lens.seen(vectors),
        disputed=np.array([message.id in disputed for message in messages]),
        disputed_before=np.zeros(0, dtype=bool) if before is None else before,
    )


def _vectors(messages: Sequence[Message]) -> NDArray[np.float32]:
    return np.stack([np.frombuffer(message.embedding or b"", dtype="<f4") for message in messages])


def _readable(messages: Sequence[Message], dimension: int) -> list[Message]:
    return [message for message in messages if read_embedding(message.embedding, dimension) is not None]


def _state(name: str, known: Sequence[DriftScore]) -> MonitorState | None:
    if not known:
        return None
    outside = [score.outside for score in known]
    last = known[-1]
    return MonitorState(
        name, last.score, last.low, last.high, sum(outside), len(known), len(alarms(outside)), lasting(outside)
    )
