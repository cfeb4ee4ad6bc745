"""What came of the conversations on both sides of an experiment, counted in the database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import CTE, ColumnElement, FromClause, case, func, select
from sqlalchemy.orm import Session, aliased

from assistant.domain import Decision, Signal
from assistant.store.experiments import Experiment
from assistant.store.tables import ExampleRow, MessageRow, SignalRow

COMPLAINTS = (Signal.THUMBS_DOWN.value, Signal.NOT_MEANT.value)
ASKED_BACK = (Decision.CLARIFY.value, Decision.CHOSEN.value)


@dataclass(frozen=True, slots=True)
class ArmCounts:
    """One version's side. Conversations count once, `troubled` where a customer complained or a person took over.

    `messages` are those that the version decided about; what customers pressed counts wherever in their conversation.
    `labels` are (first guess, operators' label, messages) of labelled messages that the model decided about.
    """

    version: str
    conversations: int = 0
    complained: int = 0
    handed_over: int = 0
    troubled: int = 0
    messages: int = 0
    asked_back: int = 0
    thumbs_up: int = 0
    thumbs_down: int = 0
    not_meant: int = 0
    labels: tuple[tuple[str, str, int], ...] = ()


class Arms:
    """Reads only."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, experiment: Experiment) -> tuple[ArmCounts, ArmCounts]:
        """The tried version's side, then the live one's, in the conversations that began during the experiment."""
        seen = _seen(experiment)
        turns = _turns(experiment, seen)
        messages = self._counted(seen, messages=func.count(), asked_back=func.sum(seen.c.asked_back))
        talks, pressed = self._talks(turns), self._pressed(turns)
        labels: dict[str, list[tuple[str, str, int]]] = {}
        for version, guess, label, count in self._labels(seen):
            labels.setdefault(version, []).append((guess, label, count))
        tried, live = (
            ArmCounts(
                version,
                **talks.get(version, {}),
                **messages.get(version, {}),
                **pressed.get(version, {}),
                labels=tuple(labels.get(version, ())),
            )
            for version in (experiment.version, experiment.against)
        )
        return tried, live

    def _talks(self, turns: CTE) -> dict[str, dict[str, int]]:
        """Conversations, and those complained in, handed over, and either of both, by version."""
        each = (
            select(
                turns.c.version,
                func.max(turns.c.complaint).label("complained"),
                func.max(turns.c.handed).label("handed_over"),
            )
            .group_by(turns.c.version, turns.c.conversation_id)
            .subquery()
        )
        return self._counted(
            each,
            conversations=func.count(),
            complained=func.sum(each.c.complained),
            handed_over=func.sum(each.c.handed_over),
            troubled=func.sum(func.max(each.c.complained, each.c.handed_over)),
        )

    def _pressed(self, turns: CTE) -> dict[str, dict[str, int]]:
        parts = {name: func.sum(turns.c[name]) for name in ("thumbs_up", "thumbs_down", "not_meant")}
        return self._counted(turns, **parts)

    def _counted(self, rows: FromClause, **counts: ColumnElement[int]) -> dict[str, dict[str, int]]:
        """These counts by version and name."""
        columns = [count.label(name) for name, count in counts.items()]
        found = self._session.execute(select(rows.c.version, *columns).group_by(rows.c.version))
        return {row.version: {name: int(getattr(row, name)) for name in counts} for row in found}

    def _labels(self, seen: CTE) -> list[tuple[str, str, str, int]]:
        """Messages that a pending correction decided are left out: the tried version may have been trained on it."""
        labelled = (
            select(seen.c.version, seen.c.guess, ExampleRow.intent, func.count())
            .join(ExampleRow, ExampleRow.text_hash == seen.c.text_hash)
            .where(ExampleRow.undone_at.is_(None), seen.c.instant.is_(None), seen.c.guess.is_not(None))
            .group_by(seen.c.version, seen.c.guess, ExampleRow.intent)
        )
        return [(version, guess, label, count) for version, guess, label, count in self._session.execute(labelled)]


def _seen(experiment: Experiment) -> CTE:
    """The customers' messages that one of the two versions decided about, `asked_back` is 0 or 1."""
    earlier = aliased(MessageRow)
    begun = select(earlier.id).where(
        earlier.conversation_id == MessageRow.conversation_id,
        earlier.id <= experiment.first_message,
        earlier.role == "user",
        earlier.version.is_not(None),
    )
    return (
        select(
            MessageRow.conversation_id,
            MessageRow.version,
            MessageRow.instant,
            MessageRow.text_hash,
            func.json_extract(MessageRow.scores, "$[0][0]").label("guess"),
            _flag(MessageRow.decision.in_(ASKED_BACK)).label("asked_back"),
        )
        .where(
            MessageRow.version.in_((experiment.version, experiment.against)),
            *_during(experiment),
            MessageRow.role == "user",
            ~begun.exists(),
        )
        .cte("seen")
    )


def _turns(experiment: Experiment, seen: CTE) -> CTE:
    """Every turn of their conversations, with 0 or 1 for what customers pressed and for a hand-over.

    Clicks on a suggestion and what is written to a person carry no version, and a choice may hand over as well.
    """
    talks = select(seen.c.version, seen.c.conversation_id).distinct().subquery()
    return (
        select(
            talks.c.version,
            talks.c.conversation_id,
            _flag(_signalled(Signal.THUMBS_UP.value)).label("thumbs_up"),
            _flag(_signalled(Signal.THUMBS_DOWN.value)).label("thumbs_down"),
            _flag(_signalled(Signal.NOT_MEANT.value)).label("not_meant"),
            _flag(_signalled(*COMPLAINTS)).label("complaint"),
            _flag((MessageRow.role == "bot") & (MessageRow.decision == Decision.HAND_OVER.value)).label("handed"),
        )
        .join(MessageRow, MessageRow.conversation_id == talks.c.conversation_id)
        .where(*_during(experiment))
        .cte("turns")
    )


def _during(experiment: Experiment) -> tuple[ColumnElement[bool], ...]:
    begun = MessageRow.id > experiment.first_message
    last = experiment.last_message
    return (begun,) if last is None else (begun, MessageRow.id <= last)


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _signalled(*kinds: str) -> ColumnElement[bool]:
    given = select(SignalRow.id).where(SignalRow.message_id == MessageRow.id, SignalRow.kind.in_(kinds))
    return given.exists()
