"""What every run does that puts another encoder in place of the live version's: lock, save, read back, publish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from assistant.domain import Version
from assistant.errors import LockedError
from assistant.learning.update import Learner
from assistant.services.runs.judging import Judgement
from assistant.services.runs.leftovers import sweep
from assistant.services.runs.locking import Held, locked
from assistant.services.runs.publishing import keep, version_id
from assistant.services.runs.report import write
from assistant.services.runs.retrain import ExitCode, RetrainResult
from assistant.services.runs.work import Progress
from assistant.store.unit_of_work import Store


def under_lock(
    store: Store, folder: Path, seconds: float, progress: Progress, work: Callable[[Progress, Held], RetrainResult]
) -> RetrainResult:
    """What `work` returns, whose progress renews the lock; the result LOCKED while another run is at work.

    What earlier runs left in the `folder` of versions is gone before it begins.
    """
    try:
        with locked(store, seconds) as lock:
            sweep(store, folder)
            return work(lock.renewing(progress), lock)
    except LockedError as error:
        return RetrainResult(ExitCode.LOCKED, "locked", str(error), {})


@dataclass(frozen=True)
class Replacement:
    """A judged candidate for the place of version `base`. `name` is that of the report, `why` what the log says of the
    run, `settled` are the numbers of the examples that it has learned."""

    candidate: Learner
    judgement: Judgement
    base: str
    started: datetime
    name: str
    why: str
    settled: Sequence[int]

    def settle(
        self,
        store: Store,
        folder: Path,
        reports: Path,
        outcome: dict[str, Any],
        lock: Held,
        *,
        actor: str,
        hold: bool = False,
        ready: Callable[[Path], None] = lambda folder: None,
    ) -> RetrainResult:
        """Publishes it, or with `hold` keeps it for a person; where a gate refused, only reports it.

        `outcome` becomes the report, its reason included. `ready` gets the saved folder before the version is known.
        Raises LockedError when another run has taken `lock`.
        """
        if not self.judgement.passed:
            return self._told(ExitCode.REFUSED, "refused", outcome, reports)
        outcome["learned_examples"] = list(self.settled)
        encoder = self.candidate.model.encoder.fingerprint
        version = Version(version_id(self.started), self.base, self.started, "ready", encoder, "", outcome)
        keep(
            store, folder, lock, self.candidate, version,
            learned=self.settled, actor=actor, hold=hold, why=self.why, ready=ready,
        )  # fmt: skip
        return self._told(ExitCode.PUBLISHED, "held" if hold else "published", outcome, reports, version.id)

    def _told(
        self, code: ExitCode, verdict: str, outcome: dict[str, Any], reports: Path, version: str | None = None
    ) -> RetrainResult:
        problem = write(reports, self.name, outcome | {"verdict": verdict})
        outcome["reason"] += problem
        return RetrainResult(code, verdict, outcome["reason"], outcome, version, written=not problem)
