"""Proposed intents and the messages they were found in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from assistant.domain import Decision
from assistant.errors import InputError
from assistant.store.chunks import chunks
from assistant.store.columns import Clock
from assistant.store.messages import read_messages
from assistant.store.proposal_tables import ProposalMemberRow, ProposalRow
from assistant.store.records import Message
from assistant.store.tables import MessageRow
from assistant.store.writes import changed


class Status(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    MERGED = "merged"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Found:
    """What a discoverer found: `members` are message ids, the most typical first; `contrast` is JSON."""

    name: str
    terms: tuple[str, ...]
    contrast: dict[str, object] | None
    encoder: str
    centre: bytes = field(repr=False)
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A stored proposal; `intent` is what it became."""

    id: int
    status: Status
    found: Found
    found_at: datetime
    intent: str | None


class Proposals:
    """An id is never given twice, so that what was decided about one holds for good."""

    def __init__(self, session: Session, now: Clock) -> None:
        self._session = session
        self._now = now

    def all(self, *statuses: Status) -> list[Proposal]:
        """Those of these statuses (of all without any), the largest first."""
        wanted = select(ProposalRow).order_by(ProposalRow.id)
        if statuses:
            wanted = wanted.where(ProposalRow.status.in_([status.value for status in statuses]))
        rows = self._session.scalars(wanted.execution_options(populate_existing=True)).all()
        members = self._members([row.id for row in rows])
        found = [_proposal(row, members[row.id]) for row in rows]
        return sorted(found, key=lambda proposal: (-len(proposal.found.members), proposal.id))

    def get(self, proposal_id: int) -> Proposal:
        """Raises InputError when there is no such proposal (any more)."""
        row = self._session.get(ProposalRow, proposal_id, populate_existing=True) if 0 < proposal_id < 2**63 else None
        if row is None:
            raise InputError(f"the last search did not find topic {proposal_id} again; reload the page")
        return _proposal(row, self._members([row.id])[row.id])

    def add(self, found: Found) -> int:
        """A new open proposal; returns its id."""
        now = self._now()
        values = {**_values(found), "status": Status.OPEN.value, "found_at": now, "seen_at": now}
        number = self._session.scalars(insert(ProposalRow).returning(ProposalRow.id), [values]).one()
        self._replace_members(number, found.members)
        return number

    def found_again(self, proposal_id: int, found: Found) -> None:
        """A proposal as it is tonight; its name stays as people have seen it."""
        values = _values(found)
        del values["name"]
        this = update(ProposalRow).where(ProposalRow.id == proposal_id)
        self._session.execute(this.values(**values, seen_at=self._now()))
        self._replace_members(proposal_id, found.members)

    def seen_within(self, time: timedelta) -> set[int]:
        """Those that were found in the last `time`."""
        return set(self._session.scalars(select(ProposalRow.id).where(ProposalRow.seen_at >= self._now() - time)))

    def remove(self, proposal_id: int) -> None:
        """An open proposal that is not found any more."""
        self._session.execute(delete(ProposalMemberRow).where(ProposalMemberRow.proposal_id == proposal_id))
        self._session.execute(delete(ProposalRow).where(ProposalRow.id == proposal_id))

    def decide(self, proposal_id: int, status: Status, operator: str, intent: str | None = None) -> None:
        """Settle an open proposal. Raises InputError when somebody has settled it already."""
        this = update(ProposalRow).where(ProposalRow.id == proposal_id, ProposalRow.status == Status.OPEN.value)
        values = {"status": status.value, "intent": intent, "decided_at": self._now(), "decided_by": operator}
        if changed(self._session, this.values(**values)) != 1:
            proposal = self.get(proposal_id)
            raise InputError(
                f"topic {proposal.found.name!r} was {proposal.status.value} meanwhile; nothing was changed"
            )

    def reopen(self, proposal_id: int) -> None:
        """Take a decision back."""
        this = update(ProposalRow).where(ProposalRow.id == proposal_id)
        values = {"status": Status.OPEN.value, "intent": None, "decided_at": None, "decided_by": None}
        self._session.execute(this.values(**values))

    def pool(self, limit: int) -> list[Message]:
        """The newest messages that the assistant was not sure of, or that were handed over or complained about."""
        unsure = MessageRow.decision.in_([Decision.CLARIFY.value, Decision.HAND_OVER.value])
        wanted = select(MessageRow).where(
            MessageRow.role == "user", unsure | MessageRow.attention.is_not(None), MessageRow.scores.is_not(None)
        )
        return read_messages(self._session, wanted.order_by(MessageRow.id.desc()).limit(limit))

    def messages(self, ids: Sequence[int]) -> list[Message]:
        """The messages with these ids, in this order."""
        found = {}
        for some in chunks(ids):
            part = select(MessageRow).where(MessageRow.id.in_(some))
            found.update({message.id: message for message in read_messages(self._session, part)})
        return [found[number] for number in ids if number in found]

    def gone(self, ids: Sequence[int]) -> set[int]:
        """Those of these ids whose message was erased since it was read."""
        left = set(ids)
        for some in chunks(ids):
            part = select(MessageRow.id).where(MessageRow.id.in_(some))
            left.difference_update(self._session.scalars(part))
        return left

    def _members(self, ids: Iterable[int]) -> defaultdict[int, tuple[int, ...]]:
        found: defaultdict[int, tuple[int, ...]] = defaultdict(tuple)
        for number in ids:
            of_it = select(ProposalMemberRow.message_id).where(ProposalMemberRow.proposal_id == number)
            found[number] = tuple(self._session.scalars(of_it.order_by(ProposalMemberRow.place)))
        return found

    def _replace_members(self, proposal_id: int, members: Sequence[int]) -> None:
        self._session.execute(delete(ProposalMemberRow).where(ProposalMemberRow.proposal_id == proposal_id))
        rows = [{"proposal_id": proposal_id, "message_id": m, "place": place} for place, m in enumerate(members)]
        if rows:
            self._session.execute(insert(ProposalMemberRow), rows)


def _values(found: Found) -> dict[str, object]:
    return {
        "name": found.name,
        "terms": list(found.terms),
        "contrast": found.contrast,
        "encoder": found.encoder,
        "centre": found.centre,
    }


def _proposal(row: ProposalRow, members: tuple[int, ...]) -> Proposal:
    found = Found(row.name, tuple(row.terms), row.contrast, row.encoder, row.centre, members)
    return Proposal(row.id, Status(row.status), found, row.found_at, row.intent)
