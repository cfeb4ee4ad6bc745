"""The scheduled command: learn the corrections, judge, publish or refuse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from time import perf_counter
from typing import Any

from assistant.domain import LabelledText, Version
from assistant.errors import LockedError
from assistant.evaluation.entropy import predictive_entropy
from assistant.learning.forgetting import erase
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner
from assistant.services.intents.bringing_back import FORGOTTEN
from assistant.services.runs.candidates import cached, keeps_too_much, norm_change, respelt
from assistant.services.runs.holding import waiting_version
from assistant.services.runs.judged import NO_DOUBT, SET_ASIDE
from assistant.services.runs.judging import Erasure, Judge, Judgement, no_doubt
from assistant.services.runs.ladder import climb
from assistant.services.runs.leftovers import sweep
from assistant.services.runs.locking import Held, locked, require_free
from assistant.services.runs.publishing import keep, version_id
from assistant.services.runs.report import measured, verdict_rows, write
from assistant.services.runs.work import Progress, Work, already_learned, waiting
from assistant.store.unit_of_work import Store


class ExitCode(IntEnum):
    """Of a run; 1 is that of any command which fails, 2 of any that is used wrongly."""

    PUBLISHED = 0
    NOTHING_TO_DO = 10
    REFUSED = 20
    LOCKED = 30


@dataclass(frozen=True)
class RetrainResult:
    """`report` is what is to be written as JSON, and `written` whether it was; empty where no update was tried."""

    exit_code: ExitCode
    verdict: str
    reason: str
    report: dict[str, Any]
    version: str | None = None
    written: bool = False


class Retrain:
    """`plans` is the ladder, tried in turn; `folder` holds the versions, `reports` a report for each run."""

    def __init__(
        self,
        store: Store,
        load: Callable[[Version], Learner],
        plans: Sequence[UpdatePlan],
        judge: Judge,
        *,
        folder: Path,
        reports: Path,
        lock_seconds: float = 3600,
        reasons: Sequence[str] = (),
    ) -> None:
        self._store, self._load, self._plans, self._judge = store, load, plans, judge
        self._folder, self._reports, self._lock_seconds = folder, reports, lock_seconds
        self._reasons = tuple(reasons)

    def run(
        self,
        *,
        actor: str,
        dry_run: bool = False,
        hold: bool = False,
        progress: Progress = lambda what, done, total: None,
        trigger: str | None = None,
    ) -> RetrainResult:
        """One update. With `dry_run` nothing is written; with `hold` a passing version waits for a person, and none is
        made while one waits that learned the same.

        `trigger` is why it was started, for the report and the history.

        The live version answers throughout. A crash at any point leaves at most an unused folder, which a later run
        deletes: the folder is complete before the store learns of it, and live flag and learned marks change in one
        transaction.
        """
        started = datetime.now(UTC)
        guard: AbstractContextManager[Held | None]
        try:
            if dry_run:
                require_free(self._store)
                guard = nullcontext()
            else:
                guard = locked(self._store, self._lock_seconds)
            with guard as lock:
                if lock is not None:
                    sweep(self._store, self._folder)
                    progress = lock.renewing(progress)
                return self._run(actor, started, lock, hold, progress, trigger)
        except LockedError as error:
            return RetrainResult(ExitCode.LOCKED, "locked", str(error), {})

    def _run(
        self, actor: str, started: datetime, lock: Held | None, hold: bool, progress: Progress, trigger: str | None
    ) -> RetrainResult:
        """Without a lock it is a dry run."""
        with self._store.unit(read_only=True) as uow:
            work = waiting(uow)
        keeps_rows = self._plans[0].strategies()[1].keeps_rows
        if work.nothing and not work.gone and not work.erased and keeps_rows:
            return RetrainResult(ExitCode.NOTHING_TO_DO, "nothing to do", self._nothing(work), {})
        clock = perf_counter()
        previous = cached(self._load(work.live))
        previous.model.encoder.embed(
            [e.text for e in work.train], lambda done, total: progress("embedding", done, total)
        )
        work = work.checked(previous, self._plans[0])
        train = [example.labelled() for example in work.train]
        there = respelt(previous, train)
        previous = self._erased(there, work)
        is_less = previous is not there
        forgets = is_less or keeps_too_much(previous, self._plans[0], [example.text for example in work.outside])
        if work.nothing and not forgets:
            return RetrainResult(ExitCode.NOTHING_TO_DO, "nothing to do", self._nothing(work), {})
        tried = work.settled({*previous.model.labels, *(example.intent for example in work.train)})
        if hold and lock is not None:
            held = waiting_version(self._store, self._folder, self._load, self._plans[0], tried, work)
            if held is not None:
                reason = held.told(work, forgets=forgets) + work.in_quarantine()
                return RetrainResult(ExitCode.NOTHING_TO_DO, "nothing to do", reason, {})
        erasure = Erasure.of(there, previous, work.holdout, work.retired) if is_less else Erasure(None, None)
        work = replace(work, cost=erasure.told())
        climbed = climb(previous, work, self._plans, self._judge, forgets=forgets, progress=progress)
        work, candidate, judgement = climbed.work, climbed.candidate, climbed.judgement
        report = {
            "title": f"Retrain of {started:%Y-%m-%d %H:%M:%S} UTC",
            "started": started.isoformat(),
            "actor": actor,
            "base_version": work.live.id,
            "plan": climbed.plan,
            "chosen": list(self._reasons),
            "trained_rows": len(work.train),
            "quarantined": [example.id for example in work.held],
            SET_ASIDE: [example.id for example in work.aside],
            FORGOTTEN: list(work.erased),
            "erasure": erasure.shares(),
            "tried_examples": tried,
            "holdout_rows": len(climbed.holdout),
            "out_of_scope_rows": len(work.outside),
            **measured(judgement.comparison),
            NO_DOUBT: no_doubt(candidate.model, climbed.holdout),
            "trigger": trigger,
            "predictive_entropy": predictive_entropy(candidate.model, climbed.holdout),
            "parameter_norm_change": norm_change(previous, candidate),
            "seconds": round(perf_counter() - clock, 3),
            "verdicts": verdict_rows(judgement.verdicts),
            "attempts": climbed.attempts,
            "dry_run": lock is None,
        }
        return self._finish(report, work, candidate, judgement, actor, lock, hold, started)

    def _erased(self, learner: Learner, work: Work) -> Learner:
        """The learner without what is to be forgotten; itself where that is nothing."""
        stored = list[LabelledText]()
        gone = work.forgotten(learner)
        if gone or work.erased:
            with self._store.unit(read_only=True) as uow:
                stored = already_learned(uow, work)
        coming = [example.labelled() for example in work.train]
        return erase(learner, self._plans[0], intents=work.erased, texts=gone, coming=coming, stored=stored)

    def _nothing(self, work: Work) -> str:
        """Why there is nothing to do."""
        reason = "no correction is waiting to be learned" + work.in_quarantine()
        if not work.judging:
            return reason
        unlearnable = work.only_judged(self._load(work.live).model.labels)
        return f"{reason}: of the new rows all {len(work.judging)} fell to the holdout{unlearnable}"

    def _finish(
        self,
        report: dict[str, Any],
        work: Work,
        candidate: Learner,
        judgement: Judgement,
        actor: str,
        lock: Held | None,
        hold: bool,
        started: datetime,
    ) -> RetrainResult:
        code, verdict, version = ExitCode.REFUSED, "refused", None
        if judgement.passed:
            code, verdict = ExitCode.PUBLISHED, "held" if hold else "published"
            version = version_id(started)
        if lock is None:
            verdict, version = f"{verdict} (dry run)", None
        labels = candidate.model.labels
        report |= {
            "exit_code": int(code), "verdict": verdict, "version": version,
            "reason": judgement.reason() + work.told(labels),
            "learned_examples": work.settled(labels) if judgement.passed else [],
        }  # fmt: skip
        if lock is not None and version is not None:
            encoder = candidate.model.encoder.fingerprint
            why = f"retrain: {len(work.train)} corrections, {report['reason']}"
            keep(
                self._store, self._folder, lock, candidate,
                Version(version, work.live.id, started, "ready", encoder, "", report),
                learned=report["learned_examples"], actor=actor, hold=hold,
                why=why + (f"; {report['trigger']}" if report["trigger"] else ""),
            )  # fmt: skip
        if lock is None:
            return RetrainResult(code, verdict, str(report["reason"]), report)
        problem = write(self._reports, f"retrain-{started:%Y%m%dT%H%M%S%f}", report)
        report["reason"] += problem
        return RetrainResult(code, verdict, str(report["reason"]), report, version, written=not problem)
