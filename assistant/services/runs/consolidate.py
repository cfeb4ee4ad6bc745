"""`assistant retrain --consolidate`: the encoder learns too, all that is known moves with it, the same gates decide."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from assistant.domain import Version
from assistant.errors import CorruptVersionError, InputError
from assistant.learning.checkpoint import version_bytes
from assistant.learning.consolidation import known_rows, moved, tuned_encoder
from assistant.learning.constraints import rounded_up
from assistant.learning.forgetting import erase
from assistant.learning.plans import UpdatePlan
from assistant.learning.tuning import TuningPlan
from assistant.learning.update import Learner, update
from assistant.model.artifact import ENCODER
from assistant.model.encoder import CachedEncoder, Encoder, TextEncoder, torch_encoder
from assistant.model.tuned import TunedEncoder
from assistant.services.intents.bringing_back import FORGOTTEN
from assistant.services.runs.candidates import cached, described, respelt
from assistant.services.runs.judged import NO_DOUBT, SET_ASIDE
from assistant.services.runs.judging import Erasure, Judge, no_doubt
from assistant.services.runs.locking import Held
from assistant.services.runs.replacing import Replacement, under_lock
from assistant.services.runs.report import measured, verdict_rows
from assistant.services.runs.retrain import RetrainResult
from assistant.services.runs.work import Progress, already_learned, waiting, with_others
from assistant.store.unit_of_work import Store

DRAFT = ".draft-encoder"  # in the folder of versions
PROBE = ["Where is my parcel?"]


@dataclass(frozen=True)
class Consolidate:
    """`load` loads a version, `plan` is that of the nightly command, `tuning` says how the encoder trains.

    `ready` gets the encoder before its version goes live, so that the running chat need not wait for what serving
    makes of it. `storage_mb` bounds a version's folder, in millions of bytes.
    """

    store: Store
    load: Callable[[Version], Learner]
    plan: UpdatePlan
    tuning: TuningPlan
    judge: Judge
    folder: Path
    reports: Path
    ready: Callable[[TunedEncoder], None]
    lock_seconds: float = 3600
    storage_mb: float | None = None

    def run(self, *, actor: str, hold: bool = False, progress: Progress) -> RetrainResult:
        """A new version with an encoder of its own, or everything as it was.

        The pending corrections are learned as in any night; then a copy of the encoder trains on the memory and on
        them, and whatever labelled text the shop still has is embedded anew. The live version answers throughout.
        With `hold` a version that passes waits for a person. Raises InputError where there is no text to train on, and
        where a version with an encoder of its own is larger than it may be.
        """
        draft = self.folder / DRAFT

        def work(renewing: Progress, lock: Held) -> RetrainResult:
            try:
                return self._run(draft, actor, hold, renewing, lock)
            finally:
                shutil.rmtree(draft, ignore_errors=True)

        return under_lock(self.store, self.folder, self.lock_seconds, progress, work)

    def _run(self, draft: Path, actor: str, hold: bool, progress: Progress, lock: Held) -> RetrainResult:
        started, clock = datetime.now(UTC), perf_counter()
        with self.store.unit(read_only=True) as uow:
            work = waiting(uow)
            kept = already_learned(uow, work)
        loaded = self.load(work.live)
        encoder = torch_encoder(loaded.model.encoder)
        previous = cached(loaded)
        self._require_room(loaded, encoder)
        gone = work.forgotten(previous)
        work = work.checked(previous, self.plan).without_refused()
        new = [example.labelled() for example in work.train]
        there = respelt(previous, new)
        previous = erase(there, self.plan, intents=work.erased, texts=gone, coming=new, stored=kept)
        current = update(previous, new, self.plan)
        labels = current.model.labels
        rows = with_others(known_rows(current, new), [row for row in kept if row.intent in labels])
        if not rows:
            raise InputError(
                f"version {work.live.id} keeps no texts (selector generative), and no labelled text is stored from"
                " which its encoder could learn; import the labelled texts again first"
            )
        taught = new if len(current.memory) else rows  # where a version keeps no text, the shop's own stand for it
        fresh = tuned_encoder(
            encoder, current, taught, self.tuning, draft,
            lambda done, total: progress("training the encoder", done, total),
        )  # fmt: skip
        judged = [row for row in work.holdout if row.intent in labels]
        embedded = CachedEncoder(fresh)
        texts = [row.text for row in (*rows, *judged)]
        embedded.embed(texts, lambda done, total: progress("re-embedding", done, total))
        old = current.model.encoder
        old.embed([row.text for row in rows], lambda done, total: progress("embedding as before", done, total))
        candidate = moved(current, embedded, rows, self.plan, judged, [example.text for example in work.outside])
        progress("judging", 0, 1)
        lost = previous is not there
        erasure = Erasure.of(there, previous, work.holdout, work.retired) if lost else Erasure(None, None)
        # Cross-validation trains no encoder, which takes minutes: it is of nightly updates with the one before.
        judgement = self.judge.judge(
            previous, candidate, new, judged, self.plan, work.retired, work.otherwise,
            progress=lambda done, total: progress("judging", done, total),
        )  # fmt: skip
        progress("judging", 1, 1)
        outcome: dict[str, Any] = {
            "title": f"Consolidation of {started:%Y-%m-%d %H:%M:%S} UTC",
            "started": started.isoformat(),
            "actor": actor,
            "base_version": work.live.id,
            "plan": f"{self.tuning.scope.name} for the encoder; {described(self.plan)}",
            "trained_rows": len(new),
            "quarantined": [example.id for example in work.held],
            SET_ASIDE: [example.id for example in work.aside],
            FORGOTTEN: list(work.erased),
            "erasure": erasure.shares(),
            "embedded_rows": len(rows),
            "encoder": fresh.fingerprint,
            **measured(judgement.comparison),
            NO_DOUBT: no_doubt(candidate.model, judged),
            "seconds": round(perf_counter() - clock, 3),
            "verdicts": verdict_rows(judgement.verdicts),
            "reason": judgement.reason() + replace(work, cost=erasure.told()).told(labels),
        }
        replacement = Replacement(
            candidate,
            judgement,
            work.live.id,
            started,
            f"consolidation-{started:%Y%m%dT%H%M%S%f}",
            f"consolidation: {judgement.reason()}",
            work.settled(candidate.model.labels),
        )
        return replacement.settle(
            self.store, self.folder, self.reports, outcome, lock, actor=actor, hold=hold,
            ready=lambda saved: self.ready(_read_back(saved, candidate.model.encoder)),
        )  # fmt: skip

    def _require_room(self, learner: Learner, encoder: Encoder) -> None:
        """Told before the work, which takes minutes."""
        if self.storage_mb is None:
            return
        own = sum(weights.nbytes for weights in encoder.modules.state_dict().values())
        needed = (version_bytes(learner) + own) / 1e6
        if needed > self.storage_mb:
            raise InputError(
                f"constraints.storage_mb = {self.storage_mb:g}: a version that holds an encoder of its own needs"
                f" {rounded_up(needed)} MB at least; allow that much, or leave the encoder as it is: no --consolidate"
            )


def _read_back(folder: Path, encoder: TextEncoder) -> TunedEncoder:
    """The encoder from the version's folder. Raises CorruptVersionError unless it embeds exactly as the original."""
    read = TunedEncoder(folder / ENCODER, encoder.name)
    original = encoder.encoder if isinstance(encoder, CachedEncoder) else encoder
    if read.fingerprint != encoder.fingerprint or not np.array_equal(read.embed(PROBE), original.embed(PROBE)):
        raise CorruptVersionError(f"version {folder.name} embeds differently after it was saved; it is not published")
    return read
