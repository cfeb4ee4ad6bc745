"""What every run does that puts another encoder in place of the live version's: lock, save, read back, publish."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from assistant.domain import Version
from assistant.errors import LockedError
from assistant.learning import checkpoint
from assistant.learning.update import Learner
from assistant.services.intents.bringing_back import renew_forgotten
from assistant.services.runs.candidates import self_test
from assistant.services.runs.judging import Judgement
from assistant.services.runs.leftovers import sweep
from assistant.services.runs.locking import Held, locked
from assistant.services.runs.report import write
from assistant.services.runs.retrain import ExitCode, RetrainResult, require_standing
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

            def renewing(what: str, done: int, total: int) -> None:
                lock.renew()
                progress(what, done, total)

            return work(renewing, lock)
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
        encoder = self.candidate.model.encoder
        if not self.judgement.passed:
            outcome["reason"] += write(reports, self.name, outcome | {"verdict": "refused"})
            return RetrainResult(ExitCode.REFUSED, "refused", outcome["reason"], outcome)
        version = f"v{self.started:%Y%m%d%H%M%S}-{uuid.uuid4().hex[:6]}"
        outcome["learned_examples"] = list(self.settled)
        digest = checkpoint.save(folder / version, self.candidate)
        self_test(folder / version, self.candidate, digest)
        ready(folder / version)
        with store.unit() as uow:
            lock.confirm(uow)
            uow.versions.add(Version(version, self.base, self.started, "ready", encoder.fingerprint, digest, outcome))
            if not hold:
                require_standing(uow, self.settled)
                uow.versions.publish(
                    version, expected_live=self.base, learned=self.settled, actor=actor, kind="publish", reason=self.why
                )
                renew_forgotten(uow)
        verdict = "held" if hold else "published"
        outcome["reason"] += write(reports, self.name, outcome | {"verdict": verdict})
        return RetrainResult(ExitCode.PUBLISHED, verdict, outcome["reason"], outcome, version)
