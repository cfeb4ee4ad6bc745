"""Another encoder for the same knowledge: re-embed, train a new head, pass the same gates, publish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from assistant.domain import LabelledText, Version
from assistant.errors import InputError
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, update
from assistant.model.encoder import CachedEncoder, TextEncoder
from assistant.services.intents.bringing_back import FORGOTTEN
from assistant.services.runs.candidates import cached, described, unlearned
from assistant.services.runs.judged import NO_DOUBT, SET_ASIDE
from assistant.services.runs.judging import Judge, no_doubt
from assistant.services.runs.locking import Held
from assistant.services.runs.replacing import Replacement, under_lock
from assistant.services.runs.report import measured, verdict_rows
from assistant.services.runs.retrain import RetrainResult
from assistant.services.runs.work import Progress, already_learned, waiting, with_others
from assistant.store.unit_of_work import Store


@dataclass(frozen=True)
class EncoderSwitch:
    """`load` loads a version, `plan` trains the new head, `judge` has the same gates as the nightly command.

    `ready` gets the encoder before a version with it is known, so that the running chat need not make itself what
    serves it.
    """

    store: Store
    load: Callable[[Version], Learner]
    plan: UpdatePlan
    judge: Judge
    folder: Path
    reports: Path
    lock_seconds: float = 3600
    ready: Callable[[TextEncoder], None] = lambda encoder: None

    def run(self, encoder: TextEncoder, *, actor: str, hold: bool = False, progress: Progress) -> RetrainResult:
        """A new version with `encoder`, or everything as it was.

        The rows are those that the shop still has: the memory, every labelled text and the pending corrections train,
        the holdout judges. What is to be forgotten is left out, and what is in quarantine waits.
        With `hold` a version that passes waits for a person.
        Raises InputError when the live version has this encoder already, and where there is no text to train on.
        """

        def work(renewing: Progress, lock: Held) -> RetrainResult:
            return self._run(encoder, actor, hold, renewing, lock)

        return under_lock(self.store, self.folder, self.lock_seconds, progress, work)

    def _run(self, encoder: TextEncoder, actor: str, hold: bool, progress: Progress, lock: Held) -> RetrainResult:
        started, clock = datetime.now(UTC), perf_counter()
        with self.store.unit(read_only=True) as uow:
            work = waiting(uow, "set `encoder` and run `assistant serve`, which trains the first")
            kept = already_learned(uow, work)
        live = work.live
        previous = cached(self.load(live))
        if previous.model.encoder.fingerprint == encoder.fingerprint:
            raise InputError(f"version {live.id} has the encoder {encoder.name!r} already; nothing to switch")
        work = work.checked(previous, self.plan).without_refused()
        corrections = [example.labelled() for example in work.train]
        memory = unlearned(previous, corrections).memory
        gone = {*work.forgotten(previous)}
        remembered = (LabelledText(text, intent) for text, intent in zip(memory.texts, memory.intents, strict=True))
        rows = [row for row in remembered if row.text not in gone and row.intent not in work.erased]
        rows = with_others([*rows, *corrections], kept)
        if not rows:
            raise InputError(
                f"version {live.id} keeps no texts (selector generative), and no labelled text is stored from which"
                " another encoder could be taught; import the labelled texts again first"
            )
        known = {*previous.model.labels, *(row.intent for row in rows)}  # an intent that lost all its rows is judged
        judged = [row for row in work.holdout if row.intent in known]

        embedded = CachedEncoder(encoder)
        embedded.embed([r.text for r in (*rows, *judged)], lambda done, total: progress("re-embedding", done, total))
        untrained = Learner.untrained(embedded, self.plan)
        learner = update(
            untrained, rows, self.plan, holdout=judged,
            outside=[example.text for example in work.outside],
            progress=lambda done, total: progress("training the head", done, total),
        )  # fmt: skip
        progress("judging", 0, 1)
        judgement = self.judge.judge(
            previous, learner, rows, judged, self.plan, work.retired, start=untrained,
            progress=lambda done, total: progress("judging", done, total),
        )  # fmt: skip
        progress("judging", 1, 1)
        outcome: dict[str, Any] = {
            "title": f"Encoder switch to {encoder.name}",
            "started": started.isoformat(),
            "base_version": live.id,
            "plan": described(self.plan),
            "trained_rows": len(rows),
            "quarantined": [example.id for example in work.held],
            SET_ASIDE: [example.id for example in work.aside],
            FORGOTTEN: list(work.erased),
            **measured(judgement.comparison),
            NO_DOUBT: no_doubt(learner.model, judged),
            "seconds": round(perf_counter() - clock, 3),
            "verdicts": verdict_rows(judgement.verdicts),
            "reason": judgement.reason() + work.told(learner.model.labels),
        }
        replacement = Replacement(
            learner,
            judgement,
            live.id,
            started,
            f"encoder-{started:%Y%m%dT%H%M%S%f}",
            f"encoder switched to {encoder.name}: {judgement.reason()}",
            work.settled(learner.model.labels),
        )
        return replacement.settle(
            self.store, self.folder, self.reports, outcome, lock, actor=actor, hold=hold,
            ready=lambda saved: self.ready(encoder),
        )  # fmt: skip
