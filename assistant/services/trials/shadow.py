"""A version that is not live, asked about the messages of the last days: which answers would change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, cast

import numpy as np

from assistant.dialogue.costs import Costs
from assistant.dialogue.policy import USUAL, decide
from assistant.domain import Decision, Intent, Prediction, Version
from assistant.errors import InputError
from assistant.model.embeddings import read_embedding
from assistant.model.encoder import CachedEncoder
from assistant.services.intents.retiring import MaskedSnapshot, heir_of
from assistant.services.live import Snapshot
from assistant.store import Message, UnitOfWork, text_hash, utc_now
from assistant.store.unit_of_work import Store

if TYPE_CHECKING:
    from assistant.serving import Served

CHUNK = 32  # messages at a time: while one part is embedded, a customer's message waits for no more than that
MOST = 50_000  # of the newest messages
LONGEST = 3660  # days
Progress = Callable[[int, int], None]  # messages done, messages in all


class Change(StrEnum):
    """What became of an answer, judged by the operators' label; right is a first guess that is the label."""

    TO_RIGHT = "changed to right"
    TO_WRONG = "changed to wrong"
    BOTH_WRONG = "both wrong"
    BOTH_RIGHT = "both right, decided otherwise"
    UNLABELLED = "unlabelled"


URGENT = (Change.TO_WRONG, Change.BOTH_WRONG, Change.TO_RIGHT, Change.UNLABELLED, Change.BOTH_RIGHT)


@dataclass(frozen=True, slots=True)
class Said:
    """What a version makes of a message: its first guess with the calibrated probability in [0, 1], and what it does.

    `intent` is None for a version that knows no intent in use.
    """

    intent: str | None
    decision: Decision
    confidence: float


@dataclass(frozen=True, slots=True)
class Changed:
    """A message that the candidate answers otherwise. `learned`: one of the two was trained on this very text."""

    message_id: int
    at: datetime
    text: str
    live: Said
    candidate: Said
    label: str | None
    learned: bool
    change: Change


@dataclass(frozen=True, slots=True)
class Shadowed:
    """All that was compared. `left_out` are older messages beyond MOST; `embedded` had to be embedded anew.

    `right_live` and `right_candidate` count the `labelled` messages with a right first guess; `fresh` ones are those
    whose text neither was trained on, the only ones to judge by.
    """

    version: str
    live: str
    since: datetime
    days: int
    messages: int
    left_out: int
    embedded: int
    labelled: int
    right_live: int
    right_candidate: int
    fresh: int
    fresh_right_live: int
    fresh_right_candidate: int
    decisions: Mapping[tuple[Decision, Decision], int]  # how often the live one's became the candidate's
    changed: tuple[Changed, ...]

    def count(self, change: Change) -> int:
        return sum(one.change is change for one in self.changed)

    @property
    def pressing(self) -> list[Changed]:
        """What a person should see first: answers that became wrong, then those that stay so; newest first."""
        return sorted(self.changed, key=lambda one: URGENT.index(one.change))

    @property
    def share(self) -> float:
        """Of the messages, how many are answered otherwise."""
        return len(self.changed) / self.messages


class Shadow:
    """`load` makes a version able to answer. Nothing is written, and no customer notices anything."""

    def __init__(self, store: Store, load: Callable[[Version], Served], costs: Costs = USUAL) -> None:
        self._store, self._load, self._costs = store, load, costs

    def compare(self, version_id: str, days: int, progress: Progress | None = None) -> Shadowed:
        """Asks the version and the live one about every customer's message of the last `days` that a model answered.

        Both are asked as if each message were the first of its conversation, by the models alone: corrections that hold
        before a night and failures before the message are left out, so that what differs is the version. Embeddings
        that are stored are used again where the encoder is the same. Raises InputError for an unknown or the live
        version, days out of 1 to LONGEST, or when there is no such message; CorruptVersionError when a folder is not
        whole.
        """
        if not 1 <= days <= LONGEST:
            raise InputError(f"{days} days: give a number of days from 1 to {LONGEST}")
        since = utc_now() - timedelta(days=days)
        with self._store.unit(read_only=True) as uow:
            version, live = uow.versions.get(version_id), uow.versions.live()
            if live is None:
                raise InputError("no version is live yet, so there is nothing to compare with")
            if live.id == version.id:
                raise InputError(f"version {version_id} is the live one; compare one that is not")
            total, ids = uow.answered.since(since, MOST)
            intents = {intent.name: intent for intent in uow.intents.all()}
            retired = uow.intents.retired()
            trained = _trained(uow, version) | _trained(uow, live)
        if not ids:
            raise InputError(
                f"no message was answered by a model in the last {days} days;"
                " compare over more days, or wait until customers have written"
            )
        judge = _Judge(self._load(live), live.id, self._load(version), version.id, intents, retired, self._costs)
        for first in range(0, len(ids), CHUNK):
            if progress:
                progress(first, len(ids))
            with self._store.unit(read_only=True) as uow:
                messages = uow.answered.messages(ids[first : first + CHUNK])
                labels = uow.labels.of_texts(message.text for message in messages)
            found = {text: (heir_of(one.intent, retired), text_hash(text) in trained) for text, one in labels.items()}
            judge.ask(messages, found)
        if progress:
            progress(len(ids), len(ids))
        return judge.verdict(since, days, total - len(ids))


class _Judge:
    """Asks both versions part by part and keeps what changed."""

    def __init__(
        self,
        live: Served,
        live_id: str,
        candidate: Served,
        candidate_id: str,
        intents: Mapping[str, Intent],
        retired: Mapping[str, str | None],
        costs: Costs,
    ) -> None:
        self._live, self._live_id, self._candidate, self._candidate_id = live, live_id, candidate, candidate_id
        self._intents, self._retired, self._costs = intents, retired, costs
        self._counts: Counter[str] = Counter()
        self._decisions: Counter[tuple[Decision, Decision]] = Counter()
        self._changed: list[Changed] = []

    def ask(self, messages: Sequence[Message], labels: Mapping[str, tuple[str | None, bool]]) -> None:
        """Judges some messages. `labels` has, by text, the label and whether either was trained on it."""
        live = self._says(self._live, self._live_id, messages)
        candidate = self._says(self._candidate, self._candidate_id, messages)
        for message, before, after in zip(messages, live, candidate, strict=True):
            label, learned = labels.get(message.text, (None, False))
            rights = {"live": before.intent == label, "candidate": after.intent == label} if label else {}
            self._counts["messages"] += 1
            self._counts["labelled"] += label is not None
            self._counts["fresh"] += label is not None and not learned
            for side, right in rights.items():
                self._counts[f"right_{side}"] += right
                self._counts[f"fresh_right_{side}"] += right and not learned
            if (before.intent, before.decision) != (after.intent, after.decision):
                self._decisions[before.decision, after.decision] += 1
                change = _judged(before, after, label)
                self._changed.append(
                    Changed(message.id, message.created_at, message.text, before, after, label, learned, change)
                )

    def verdict(self, since: datetime, days: int, left_out: int) -> Shadowed:
        counts = self._counts
        return Shadowed(
            self._candidate_id, self._live_id, since, days, counts["messages"], left_out, counts["embedded"],
            counts["labelled"], counts["right_live"], counts["right_candidate"],
            counts["fresh"], counts["fresh_right_live"], counts["fresh_right_candidate"],
            dict(self._decisions), tuple(reversed(self._changed)),
        )  # fmt: skip

    def _says(self, served: Served, version: str, messages: Sequence[Message]) -> list[Said]:
        # Imported here: it loads faiss, which the pages do without until somebody compares.
        from assistant.live_model import LiveSnapshot

        encoder = CachedEncoder(served.model.encoder)
        own = [m for m in messages if m.encoder == encoder.fingerprint]
        logged = [(m, read_embedding(m.embedding, encoder.dimension)) for m in own]
        known = {m.text: vector for m, vector in logged if vector is not None}
        if known:
            encoder.remember(list(known), np.stack(list(known.values())))
        if version == self._candidate_id:
            self._counts["embedded"] += sum(message.text not in known for message in messages)
        asked = replace(served, model=replace(served.model, encoder=encoder))
        snapshot: Snapshot = LiveSnapshot(version, asked)
        if self._retired:
            snapshot = MaskedSnapshot(snapshot, self._retired)
        return [self._said(each, snapshot) for each in snapshot.predict([message.text for message in messages])]

    def _said(self, prediction: Prediction, snapshot: Snapshot) -> Said:
        turn = decide(prediction, snapshot.thresholds, 0, self._intents, self._costs)
        if not prediction.ranked:
            return Said(None, turn.decision, 0.0)
        return Said(prediction.intent, turn.decision, prediction.confidence)


def _trained(uow: UnitOfWork, version: Version) -> set[str]:
    """Hashes of what the version or one before it was trained on; a held one has its own in its report alone."""
    own = cast("Sequence[int]", version.report.get("learned_examples", ()))
    return uow.answered.trained(uow.versions.lineage(version.id), own)


def _judged(before: Said, after: Said, label: str | None) -> Change:
    if label is None:
        return Change.UNLABELLED
    right = before.intent == label, after.intent == label
    if right == (True, True):
        return Change.BOTH_RIGHT
    if right == (False, False):
        return Change.BOTH_WRONG
    return Change.TO_RIGHT if right[1] else Change.TO_WRONG
