"""Experiments, of which at most one is running, and which conversations it may take."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assistant.counting import percentage
from assistant.errors import InputError
from assistant.store.audit import Audit
from assistant.store.columns import Clock
from assistant.store.experiment_tables import ExperimentRow
from assistant.store.tables import MessageRow
from assistant.store.writes import changed

RUNNING, PUBLISHED, SUPERSEDED = "running", "published", "superseded"


@dataclass(frozen=True, slots=True)
class Experiment:
    """`version` answers a `share` in (0, 1) of the conversations, the live version `against` the others.

    `state` is running, published, dropped, superseded (another version went live) or failed (it could not answer).
    """

    id: int
    version: str
    against: str
    share: float
    state: str
    started_at: datetime
    started_by: str
    first_message: int
    ended_at: datetime | None
    ended_by: str | None
    reason: str | None
    last_message: int | None

    def draws(self, conversation_id: str) -> bool:
        """Whether the conversation falls to the version: the same answer always, for about `share` of all ids."""
        digest = hashlib.sha256(f"{self.id}:{conversation_id}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.share * 2**64


class Experiments:
    """Every change is audited in the same transaction."""

    def __init__(self, session: Session, now: Clock) -> None:
        self._session = session
        self._now = now

    def running(self) -> Experiment | None:
        """The one at work now."""
        row = self._session.scalar(select(ExperimentRow).where(ExperimentRow.state == RUNNING))
        return None if row is None else _experiment(row)

    def latest(self) -> Experiment | None:
        """The one that began last, running or not."""
        row = self._session.scalar(select(ExperimentRow).order_by(ExperimentRow.id.desc()).limit(1))
        return None if row is None else _experiment(row)

    def start(self, version: str, against: str, share: float, actor: str) -> Experiment:
        """Give `version` a share of the conversations from now on. Raises InputError while another one is running."""
        before = self.running()
        if before is not None:
            raise InputError(
                f"version {before.version} is being tried on {percentage(before.share)} of the conversations already;"
                " publish or drop it first"
            )
        row = ExperimentRow(
            version_id=version,
            against=against,
            share=share,
            state=RUNNING,
            started_at=self._now(),
            started_by=actor,
            first_message=self._newest_message(),
        )
        self._session.add(row)
        self._session.flush()
        after: dict[str, object] = {"version": version, "against": against, "share": share}
        Audit(self._session, self._now).add(actor, "start_experiment", f"experiment/{row.id}", after=after)
        return _experiment(row)

    def end(self, experiment_id: int, state: str, actor: str, reason: str) -> bool:
        """End it if it is still running; whether it was."""
        this = (ExperimentRow.id == experiment_id, ExperimentRow.state == RUNNING)
        values = {
            "state": state,
            "ended_at": self._now(),
            "ended_by": actor,
            "reason": reason,
            "last_message": self._newest_message(),
        }
        if not changed(self._session, update(ExperimentRow).where(*this).values(values)):
            return False
        Audit(self._session, self._now).add(
            actor,
            "end_experiment",
            f"experiment/{experiment_id}",
            before={"state": RUNNING},
            after={"state": state, "reason": reason},
        )
        return True

    def live_changed(self, live: str, actor: str, reason: str) -> None:
        """Whatever goes live ends the experiment: its version was published, or what it is compared with is gone."""
        running = self.running()
        if running is not None:
            won = running.version == live
            told = reason if won else f"version {live} went live: {reason}"
            self.end(running.id, PUBLISHED if won else SUPERSEDED, actor, told)

    def may_take(self, experiment: Experiment, conversation_id: str) -> bool:
        """Whether nothing but this experiment's version, during it, has answered in the conversation so far.

        A conversation that began with another version goes on with that one.
        """
        answered = select(MessageRow.id, MessageRow.version).where(
            MessageRow.conversation_id == conversation_id, MessageRow.role == "user", MessageRow.version.is_not(None)
        )
        first = self._session.execute(answered.order_by(MessageRow.id).limit(1)).one_or_none()
        return first is None or (first.id > experiment.first_message and first.version == experiment.version)

    def _newest_message(self) -> int:
        return self._session.scalar(select(func.max(MessageRow.id))) or 0


def _experiment(row: ExperimentRow) -> Experiment:
    return Experiment(
        row.id, row.version_id, row.against, row.share, row.state, row.started_at, row.started_by, row.first_message,
        row.ended_at, row.ended_by, row.reason, row.last_message,
    )  # fmt: skip
