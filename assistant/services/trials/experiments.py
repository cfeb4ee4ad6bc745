"""Trying a held version on a share of the conversations, until it is published or dropped."""

from __future__ import annotations

from math import isfinite

from assistant.dialogue.text import clean
from assistant.errors import InputError
from assistant.services.trials.experiment_figures import Compared, compared
from assistant.services.versions import Versions
from assistant.store.experiments import Experiment
from assistant.store.unit_of_work import Store

DROPPED, FAILED = "dropped", "failed"
SERVER = "assistant serve"


class Experiments:
    """At most one runs at a time; every change is audited. The running chat follows within two seconds."""

    def __init__(self, store: Store, versions: Versions) -> None:
        self._store = store
        self._versions = versions

    def latest(self) -> Compared | None:
        """The running experiment, or else the last one, with what came of it so far; None before the first."""
        with self._store.unit(read_only=True) as uow:
            experiment = uow.experiments.latest()
            if experiment is None:
                return None
            tried, live = uow.arms.of(experiment)
            retired = uow.intents.retired()
        return compared(experiment, tried, live, retired)

    def start(self, version_id: str, share: float, actor: str) -> Experiment:
        """Gives a version a share in (0, 1) of the conversations that begin from now on.

        Raises InputError for another share, while another experiment is running, and as `Versions.publish` does for a
        version that could not be published now.
        """
        if not (isfinite(share) and 0 < share < 1):
            raise InputError(f"share {share:g}: give a share of the conversations above 0 and below 1, such as 0.1")
        version, live = self._versions.check(version_id)
        if live is None:
            raise InputError("no version is live yet, so there is nothing to try another one against")
        with self._store.unit() as uow:
            now = uow.versions.live()
            if now is None or now.id != live:
                raise InputError("another version went live meanwhile; nothing was started, look again")
            return uow.experiments.start(version.id, live, share, actor)

    def publish(self, actor: str, reason: str, expected: str | None = None) -> str:
        """Makes the tried version live for all conversations, which ends the experiment; returns its id.

        `expected` is the version that the person saw being tried. Raises InputError when another one or none is, and
        as `Versions.publish` does.
        """
        running = self._running(expected)
        return self._versions.publish(running.version, actor, reason).id

    def drop(self, actor: str, reason: str, expected: str | None = None) -> str:
        """Ends the experiment; the live version answers everybody again. Returns the id of the version tried.

        Raises InputError when no experiment, or not that of `expected`, is running, or without a reason.
        """
        if not reason.strip():
            raise InputError("say why, in a few words: the reason is kept with the experiment")
        cleaned = clean(reason)
        running = self._running(expected)
        with self._store.unit() as uow:
            if not uow.experiments.end(running.id, DROPPED, actor, cleaned):
                raise InputError("the experiment has ended meanwhile; nothing was changed, look again")
        return running.version

    def _running(self, expected: str | None) -> Experiment:
        with self._store.unit(read_only=True) as uow:
            running = uow.experiments.running()
        if running is None:
            raise InputError("no version is being tried; start with `assistant experiment start VERSION`")
        if expected not in (None, running.version):
            raise InputError(f"version {running.version} is being tried now, not {expected}; look again")
        return running
