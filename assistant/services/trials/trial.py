"""The version that is tried on a share of the conversations, loaded beside the live one while its experiment runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from assistant.domain import Version
from assistant.live_model import LiveSnapshot, Loaded, every
from assistant.services.intents.retiring import MaskedSnapshot
from assistant.services.live import Live, Snapshot
from assistant.services.trials.experiments import FAILED, SERVER
from assistant.store.experiments import PUBLISHED, Experiment
from assistant.store.unit_of_work import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Tried:
    experiment: Experiment
    snapshot: LiveSnapshot[Loaded]


class Trial:
    """Follows the running experiment; safe to share between threads.

    `live` is what answers everybody else. A version that cannot be loaded, or breaks while it answers, ends its
    experiment: the live one goes on, and the reason is recorded.
    """

    def __init__(self, store: Store, live: Live, load: Callable[[Version], Loaded]) -> None:
        self._store, self._live, self._load = store, live, load
        self._tried: _Tried | None = None
        self._broken: tuple[int, str] | None = None
        self._changing = threading.Lock()

    def snapshot(self, conversation_id: str) -> Snapshot | None:
        """The tried version, for the conversations that are its own; None for those of the live one."""
        tried = self._tried
        if tried is None or not tried.experiment.draws(conversation_id):
            return None
        with self._store.unit(read_only=True) as uow:
            if not uow.experiments.may_take(tried.experiment, conversation_id):
                return None
            retired = uow.intents.retired()
        return MaskedSnapshot(tried.snapshot, retired) if retired else tried.snapshot

    def broke(self, error: Exception) -> None:
        """The version failed while it answered: nobody else gets it, and the next refresh ends its experiment."""
        tried = self._tried
        if tried is not None:
            log.error(
                "version %s failed on a message and is not tried any more", tried.snapshot.version, exc_info=error
            )
            self._broken, self._tried = (tried.experiment.id, _told(error)), None

    def refresh(self) -> bool:
        """Takes up an experiment that began, and lets go of one that ended; True when something changed."""
        with self._changing:
            if self._broken is not None:
                self._end(*self._broken)
                self._broken = None
            with self._store.unit(read_only=True) as uow:
                running, latest = uow.experiments.running(), uow.experiments.latest()
                version = uow.versions.get(running.version) if running else None
            tried = self._tried
            if running is None or version is None:
                if tried is None or self._is_going_live(latest, tried):
                    return False
                self._tried = None
                log.info("version %s is not tried any more", tried.snapshot.version)
                return True
            if tried is not None and tried.experiment.id == running.id:
                return False
            return self._take(running, version)

    def follow(self, seconds: float) -> Callable[[], None]:
        """Refreshes every `seconds` (> 0) in a thread of its own. Returns what stops it."""
        return every(seconds, self.refresh, "trial")

    def _take(self, experiment: Experiment, version: Version) -> bool:
        try:
            snapshot = LiveSnapshot(version.id, self._load(version))
            snapshot.predict(["ready?"])  # the first forward pass is slow; no customer should pay for it
        except Exception as error:  # whatever it is: a version that fails here would fail at every look
            log.exception("version %s cannot be tried; %s answers everybody", version.id, experiment.against)
            self._tried = None
            self._end(experiment.id, _told(error))
            return True
        self._tried = _Tried(experiment, snapshot)
        log.info("version %s is tried on %.0f %% of the conversations", version.id, 100 * experiment.share)
        return True

    def _is_going_live(self, latest: Experiment | None, tried: _Tried) -> bool:
        """Whether the version was published and the live model has not loaded it yet: its conversations keep it."""
        published = latest is not None and latest.id == tried.experiment.id and latest.state == PUBLISHED
        return published and self._live.snapshot().version == tried.experiment.against

    def _end(self, experiment_id: int, reason: str) -> None:
        with self._store.unit() as uow:
            uow.experiments.end(experiment_id, FAILED, SERVER, reason)


def _told(error: Exception) -> str:
    return str(error).split("\n", maxsplit=1)[0] or type(error).__name__
