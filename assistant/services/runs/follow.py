"""Learning while the day goes on: an update after every so many corrections, or when one has waited long enough."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from time import monotonic

from assistant.errors import AssistantError, InputError, StoreError
from assistant.services.runs.retrain import ExitCode, Retrain, RetrainResult
from assistant.store.unit_of_work import Store

log = logging.getLogger(__name__)

DAY_SECONDS = 86400.0
RETRY_SECONDS = 60.0  # between tries that a database, disk or version did not let through: somebody may repair it


@dataclass
class Follow:
    """Runs what `assistant retrain` runs, with its lock and gates, as corrections come in.

    An update begins as soon as `every` >= 1 corrections wait that none has tried, or `seconds` > 0 after the first of
    them was seen. What a run tried and did not settle (refused, in quarantine) waits for company or for the night, or,
    where some of it is retired or taken back, for `seconds`; what a failing database, a full disk or a damaged version
    kept from being settled is tried again after RETRY_SECONDS, and behind another run at once when it has ended. What
    is to be forgotten, `to_forget` texts of the live version, waits for `seconds` at most.
    `on_result` gets every result, and that another run is at work once.
    `daily` is called at first and then once a day. Raises InputError for other numbers.
    """

    store: Store
    retrain: Retrain
    actor: str
    every: int = 20
    seconds: float = 300.0
    poll: float = 2.0
    hold: bool = False
    on_result: Callable[[RetrainResult], None] = field(default=lambda result: None)
    daily: Callable[[], None] = field(default=lambda: None)
    to_forget: Callable[[], int] = field(default=lambda: 0)

    def __post_init__(self) -> None:
        if self.every < 1 or not self.seconds > 0 or not self.poll > 0:
            raise InputError(
                f"every = {self.every}, seconds = {self.seconds}, poll = {self.poll}:"
                " give a number of corrections, 1 or more, and seconds above 0"
            )
        self._tried: frozenset[int | str] = frozenset()  # corrections by number, and what is to be forgotten
        self._waited: frozenset[int | str] = frozenset()
        self._since: float | None = None
        self._rests_until = self._next_day = float("-inf")
        self._behind_another = self._blind = self._again = False

    def run(self, stop: Event) -> int:
        """Follows until `stop` is set, and returns the number of updates. One that is at work ends first."""
        updates = 0
        while not stop.is_set():
            updates += self.step(monotonic())
            stop.wait(self.poll)
        return updates

    def step(self, now: float) -> bool:
        """Looks once, `now` seconds into any clock, and runs an update when one is due. Whether it did."""
        if now >= self._next_day:
            self._begin_day(now)
        waiting = self._waiting()
        left = self._tried & waiting
        # What was tried in vain may pass without what is gone.
        self._again = any(isinstance(each, int) for each in left) and (self._again or left != self._tried)
        self._tried = left  # an intent may be ordered to be forgotten once more
        fresh = waiting - self._tried
        corrections = sum(isinstance(each, int) for each in fresh)
        if not fresh and not self._again:
            self._since = None
            return False
        self._since = now if self._since is None else self._since
        if now < self._rests_until or (corrections < self.every and now - self._since < self.seconds):
            return False
        behind, self._behind_another = self._behind_another, False
        try:
            nothing_new = not corrections and not self._again
            if nothing_new and not self.to_forget():  # no version has learned it, or it is gone already
                self._tried, self._since = waiting, None
                return False
            result = self.retrain.run(actor=self.actor, hold=self.hold)
        except AssistantError as error:
            log.warning(
                "update of %d corrections failed, and is tried again in %g s: %s", corrections, RETRY_SECONDS, error
            )
            self._rests_until = now + RETRY_SECONDS
            return True
        if result.exit_code is ExitCode.LOCKED:  # they are not tried yet, so the next look tries them
            self._behind_another = True
            if not behind:
                self.on_result(result)
            return False
        self._tried, self._since, self._again = waiting & self._waiting(), None, False
        log.info("%s after %d corrections: %s", result.verdict, corrections, result.reason)
        self.on_result(result)
        return True

    def _begin_day(self, now: float) -> None:
        try:
            self.daily()
        except AssistantError as error:
            log.warning("what is done once a day failed, and is tried again in %g s: %s", RETRY_SECONDS, error)
            self._next_day = now + RETRY_SECONDS
        else:
            self._next_day = now + DAY_SECONDS

    def _waiting(self) -> frozenset[int | str]:
        """What waits now to be learned or forgotten, or where the database is out of reach, such as while a backup is
        moved into its place, what waited at the look before."""
        try:
            with self.store.unit(read_only=True) as uow:
                pending, orders = uow.examples.learnable(), {*uow.erasing.hashes(), *uow.intents.to_erase()}
                retired = uow.intents.retired()  # of which no run learns anything
        except StoreError as error:
            if not self._blind:  # told once, not at every look
                log.warning("cannot look for corrections, and looks again: %s", error)
            self._blind = True
        else:
            self._blind = False
            self._waited = frozenset({*(each.id for each in pending if each.intent not in retired), *orders})
        return self._waited
