"""The operators' inbox: customers' messages by filter and in order, read from an index for each order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, case, cast, func, not_, null, select, text, update
from sqlalchemy.orm import Session

from assistant.domain import Decision, Signal
from assistant.store.chunks import chunks
from assistant.store.columns import Clock
from assistant.store.instants import AT_THE_DESK
from assistant.store.messages import read_messages
from assistant.store.queue import QUEUED
from assistant.store.records import Message
from assistant.store.tables import ExampleRow, MessageRow, SignalRow
from assistant.store.texts import search_form

# Written out like QUEUED: SQLite uses a partial index only for the very same condition.
THEIRS = text("messages.role = 'user'")
LABELLED = (
    select(ExampleRow.id).where(ExampleRow.undone_at.is_(None), ExampleRow.text_hash == MessageRow.text_hash).exists()
)
# The same as QUEUED, for a queue that is narrowed further: said so that SQLite does not take the index of the queue,
# which lacks the other columns, so that every row would be read.
WAITING = text("coalesce(attention, -1) >= 0 AND handled_at IS NULL AND skipped_at IS NULL")
SHOWN: Mapping[str, Any] = {"waiting": WAITING, "unlabelled": not_(LABELLED), "all": None}
SORTS: Mapping[str, tuple[Any, ...]] = {
    "need": (MessageRow.attention.is_(None), MessageRow.attention, MessageRow.confidence, MessageRow.id),
    "newest": (MessageRow.created_at.desc(), MessageRow.id.desc()),
    "least_sure": (MessageRow.confidence.is_(None), MessageRow.confidence, MessageRow.id),
    "value": (MessageRow.labeling_value.is_(None), MessageRow.labeling_value.desc(), MessageRow.id),
}


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Which messages are meant; what is None or empty does not narrow. `until` is exclusive, confidences inclusive.

    `shown` is a name of SHOWN. `words` is looked for anywhere in the text, whatever its case.
    """

    shown: str = "waiting"
    words: str = ""
    since: datetime | None = None
    until: datetime | None = None
    predicted: str | None = None
    labelled: str | None = None
    least: float | None = None
    most: float | None = None
    decision: Decision | None = None
    signal: Signal | None = None


COUNTED = 10_000
PAGE_LIMIT = 1000
NEAR = 1_000
QUEUE = InboxFilter()
QUEUE_IDS = select(MessageRow.id).where(QUEUED)


class Inbox:
    """Reads; an unknown name of a sort or of what is shown is a KeyError, since services check both."""

    def __init__(self, session: Session, now: Clock) -> None:
        self._session = session
        self._now = now

    def page(self, wanted: InboxFilter, sort: str, limit: int, offset: int, *, are_many: bool = False) -> list[Message]:
        """Messages `offset` to `offset + limit` in this order; numbers out of range are brought into range.

        With `are_many` at least COUNTED messages are known to be meant.
        """
        order = SORTS[sort]
        meant = _ids(wanted)
        if sort == "need" and wanted == QUEUE:  # its index has this order, and nothing in it is without attention
            meant, order = QUEUE_IDS, order[1:]
        elif wanted.words and sort != "newest" and not (are_many and offset < NEAR):
            # The index of an order has no texts. Where few messages have the words, or the page lies deep, SQLite would
            # read every row that it passes by; an order that no index has sends it to the index with the texts.
            order = (func.coalesce(order[0], null()), *order[1:])
        limit, offset = min(max(limit, 0), PAGE_LIMIT), min(max(offset, 0), 2**62)
        ids = list(self._session.scalars(meant.order_by(*order).limit(limit).offset(offset)))
        found = {message.id: message for message in self._messages(ids)}
        return [found[number] for number in ids]

    def _messages(self, ids: Sequence[int]) -> list[Message]:
        return [
            message
            for some in chunks(ids)
            for message in read_messages(self._session, select(MessageRow).where(MessageRow.id.in_(some)))
        ]

    def count(self, wanted: InboxFilter) -> int:
        """How many messages are meant; at most COUNTED, where counting on would only keep people waiting."""
        meant = QUEUE_IDS if wanted == QUEUE else _ids(wanted).limit(COUNTED)
        return self._session.scalar(select(func.count()).select_from(meant.subquery())) or 0

    def ids(self, wanted: InboxFilter, limit: int) -> list[int]:
        """The first `limit` of the messages that are meant, oldest first."""
        return list(self._session.scalars(_ids(wanted).order_by(MessageRow.id).limit(limit)))

    def texts(self, ids: Sequence[int]) -> list[str]:
        """The texts of these messages; unknown ids are left out."""
        return [
            said
            for some in chunks(ids)
            for said in self._session.scalars(select(MessageRow.text).where(MessageRow.id.in_(some), THEIRS))
        ]

    def reading_like(self, ids: Sequence[int], example_ids: Sequence[int]) -> set[int]:
        """Those of the messages whose text one of the examples has."""
        texts = {
            digest
            for some in chunks(example_ids)
            for digest in self._session.scalars(select(ExampleRow.text_hash).where(ExampleRow.id.in_(some)))
        }
        return {
            number
            for some in chunks(ids)
            for number, digest in self._session.execute(
                select(MessageRow.id, MessageRow.text_hash).where(MessageRow.id.in_(some))
            )
            if digest in texts
        }

    def labels(self, text_hashes: Sequence[str]) -> dict[str, str]:
        """The label that each of these texts has now, by the hash of the text; those without are left out."""
        found: dict[str, str] = {}
        for some in chunks(text_hashes):
            active = select(ExampleRow.text_hash, ExampleRow.intent).where(
                ExampleRow.undone_at.is_(None), ExampleRow.text_hash.in_(some)
            )
            found.update((row.text_hash, row.intent) for row in self._session.execute(active))
        return found

    def confusions(self, heirs: Mapping[str, str]) -> dict[str, list[tuple[str, int]]]:
        """For each predicted intent, what operators labelled its messages instead and how often, most often first.

        What was predicted of a merged intent counts as its heir, whose its labels are now.
        """
        times, predicted = func.count(), _predicted(heirs)
        corrected = (
            select(predicted, ExampleRow.intent, times)
            .join(ExampleRow, ExampleRow.text_hash == MessageRow.text_hash)
            .where(THEIRS, ExampleRow.undone_at.is_(None), ExampleRow.intent != predicted)
            .group_by(predicted, ExampleRow.intent)
            .order_by(times.desc(), ExampleRow.intent)
        )
        found: dict[str, list[tuple[str, int]]] = {}
        for guess, intent, count in self._session.execute(corrected):
            found.setdefault(str(guess), []).append((intent, count))
        return found

    def reliability(self, heirs: Mapping[str, str]) -> list[tuple[int, float, int]]:
        """Messages that operators labelled in tenths of the confidence, the lowest first: how many, their mean
        confidence, how many first guesses were the label. What a pending correction decided or the customer picked is
        left out, and what reads like a row of the corpus, whose label nobody gave to a message; `heirs` as above."""
        tenth = func.min(cast(MessageRow.confidence * 10, Integer), 9)
        right = func.sum(func.iif(ExampleRow.intent == _predicted(heirs), 1, 0))
        # By their ids: the index that is read through lacks the column, and every row would be fetched for it.
        pending = select(MessageRow.id).where(MessageRow.instant.is_not(None))
        judged = (
            select(func.count(), func.avg(MessageRow.confidence), right)
            .join(ExampleRow, ExampleRow.text_hash == MessageRow.text_hash)
            .where(THEIRS, ExampleRow.undone_at.is_(None), MessageRow.confidence.is_not(None))
            .where(MessageRow.decision != Decision.CHOSEN.value, MessageRow.id.not_in(pending))
            .where(ExampleRow.source.in_(AT_THE_DESK))
            .group_by(tenth)
            .order_by(tenth)
        )
        return [(messages, sure, hits) for messages, sure, hits in self._session.execute(judged)]

    def set_handled(self, ids: Sequence[int], handled: bool) -> list[int]:
        """Labelled messages leave the queue, or come back. Returns those whose state was another one."""
        turned: list[int] = []
        for some in chunks(ids):
            part = MessageRow.id.in_(some)
            other = MessageRow.handled_at.is_(None) if handled else MessageRow.handled_at.is_not(None)
            turned += self._session.scalars(select(MessageRow.id).where(part, other))
            values = {"handled_at": self._now() if handled else None}
            self._session.execute(update(MessageRow).where(part, other).values(values))
        return turned

    def wait_again(self, example_ids: Sequence[int]) -> None:
        """Messages whose text one of the examples has, and that has no label now, come back into the queue."""
        for some in chunks(example_ids):
            texts = select(ExampleRow.text_hash).where(ExampleRow.id.in_(some))
            theirs = MessageRow.text_hash.in_(texts) & MessageRow.handled_at.is_not(None) & not_(LABELLED)
            self._session.execute(update(MessageRow).where(theirs).values(handled_at=None))


def _predicted(heirs: Mapping[str, str]) -> Any:
    return case(heirs, value=MessageRow.predicted, else_=MessageRow.predicted) if heirs else MessageRow.predicted


def _ids(wanted: InboxFilter) -> Any:
    return select(MessageRow.id).where(THEIRS, *_conditions(wanted))


def _conditions(wanted: InboxFilter) -> list[ColumnElement[bool]]:
    shown = SHOWN[wanted.shown]
    found = [] if shown is None else [shown]
    for name, condition in NARROWED.items():
        value = getattr(wanted, name)
        if value is not None and value != "":
            found.append(condition(value))
    return found


def _labelled(intent: str) -> ColumnElement[bool]:
    active = select(ExampleRow.text_hash).where(ExampleRow.undone_at.is_(None), ExampleRow.intent == intent)
    return MessageRow.text_hash.in_(active)


def _signalled(kind: Signal) -> ColumnElement[bool]:
    return MessageRow.id.in_(select(SignalRow.message_id).where(SignalRow.kind == kind.value))


NARROWED: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "words": lambda words: func.instr(MessageRow.search_text, search_form(words)) > 0,
    "since": lambda since: MessageRow.created_at >= since,
    "until": lambda until: MessageRow.created_at < until,
    "predicted": lambda intent: MessageRow.predicted == intent,
    "labelled": _labelled,
    "least": lambda least: MessageRow.confidence >= least,
    "most": lambda most: MessageRow.confidence <= most,
    "decision": lambda decision: MessageRow.decision == decision.value,
    "signal": _signalled,
}
