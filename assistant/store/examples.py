"""Labelled texts: adding, replacing, undoing, and which of them the live version has yet to learn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, Exists, Select, delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from assistant.domain import OUT_OF_SCOPE, Example, LabelledText, Split
from assistant.errors import InputError
from assistant.store.chunks import chunks
from assistant.store.columns import Clock
from assistant.store.lineage import lineage, live_lineage
from assistant.store.placing import IMPORT, IMPORTED_AGAIN, place
from assistant.store.prepared import Prepared, prepare
from assistant.store.records import Placed
from assistant.store.tables import ExampleRow, MessageRow
from assistant.store.texts import GONE, text_hash
from assistant.store.version_tables import LearnedRow, VersionRow
from assistant.store.writes import changed


class Examples:
    """At most one active example per text; replaced and undone ones stay as history."""

    def __init__(self, session: Session, now: Clock) -> None:
        self._session = session
        self._now = now

    def add(
        self,
        text: str,
        intent: str,
        *,
        split: Split | None = None,
        source: str,
        operator: str,
        message_id: int | None = None,
    ) -> Example:
        """Label a text. The same label again returns the example there is; another label replaces it.

        A text that was ever there to train on stays so; else without `split` it keeps its side, and a new one falls
        where `split_of` says.
        Raises InputError for an unacceptable text or an unknown intent (naming the nearest).
        """
        placed = self._place([prepare(LabelledText(text, intent), split)], source, operator, message_id)
        return self.get((placed.added or placed.kept)[0])

    def add_many(
        self, rows: Iterable[LabelledText], *, split: Split | None = None, source: str, operator: str
    ) -> Placed:
        """`add` for many texts, in few statements; a repeated text takes its last label."""
        return self.add_prepared([prepare(row, split) for row in rows], source=source, operator=operator)

    def add_prepared(self, rows: Iterable[Prepared], *, source: str, operator: str) -> Placed:
        """`add_many` for so many texts that they are prepared before the unit of work takes the write lock."""
        return self._place(rows, source, operator, None)

    def _place(self, rows: Iterable[Prepared], source: str, operator: str, message_id: int | None) -> Placed:
        shared = {"source": source, "operator": operator, "message_id": message_id, "created_at": self._now()}
        return place(self._session, rows, shared)

    def get(self, example_id: int) -> Example:
        """Raises InputError when there is no such example."""
        row = self._session.get(ExampleRow, example_id) if 0 < example_id < 2**63 else None
        if row is None:
            raise InputError(f"there is no example {example_id}")
        return to_example(row)

    def active_for(self, text: str) -> Example | None:
        """The active example that has this text."""
        found = self._list(_active().where(ExampleRow.text_hash == text_hash(text)))
        return found[0] if found else None

    def count(self, split: Split | None = None) -> int:
        """How many examples are active."""
        statement = _active(split).with_only_columns(func.count()).order_by(None)
        return self._session.scalar(statement) or 0

    def all(self, split: Split | None = None) -> list[Example]:
        """Active examples, oldest first."""
        return self._list(_active(split))

    def of_intent(self, intent: str) -> list[Example]:
        """Active examples of one intent, oldest first."""
        return self._list(_active().where(ExampleRow.intent == intent))

    def hashes_of(self, intents: Collection[str]) -> frozenset[str]:
        """The hashes of the texts of active examples of these intents."""
        theirs = _active().where(ExampleRow.intent.in_(intents)).with_only_columns(ExampleRow.text_hash)
        return frozenset(self._session.scalars(theirs))

    def by_hand(self, limit: int, encoder: str) -> list[tuple[Example, bytes]]:
        """The newest labels that operators gave to customers' messages, with this encoder's embedding of the text."""
        embedding = (
            select(MessageRow.embedding)
            .where(MessageRow.id == ExampleRow.message_id, MessageRow.encoder == encoder)
            .scalar_subquery()
        )
        rows = self._session.execute(
            _active()
            .add_columns(embedding)
            .where(ExampleRow.message_id.is_not(None))
            .order_by(None)
            .order_by(ExampleRow.id.desc())
            .limit(limit)
        )
        return [(to_example(row), vector) for row, vector in rows if vector is not None]

    def counts(self) -> dict[tuple[str, Split], int]:
        """How many active examples each intent has on each side of the split; none is left out."""
        grouped = _active().with_only_columns(ExampleRow.intent, ExampleRow.split, func.count()).order_by(None)
        rows = self._session.execute(grouped.group_by(ExampleRow.intent, ExampleRow.split))
        return {(intent, Split(split)): count for intent, split, count in rows}

    def holdout(self) -> list[Example]:
        """Active holdout examples, oldest first; never to be trained on."""
        return self.all(Split.HOLDOUT)

    def pending(self) -> list[Example]:
        """Active examples that no version in the live lineage has learned."""
        return self._list(pending_rows())

    def learnable(self) -> list[Example]:
        """Those of the pending ones that a run learns: to train on, and all that is labelled out of scope, which no run
        trains on."""
        wanted = (ExampleRow.split == Split.TRAIN.value) | (ExampleRow.intent == OUT_OF_SCOPE)
        return self._list(pending_rows().where(wanted))

    def learned_otherwise(self) -> list[Example]:
        """Those of the pending ones to train on whose text the live lineage has learned as another intent's."""
        other, line = aliased(ExampleRow), live_lineage()
        learned = select(LearnedRow.example_id).where(LearnedRow.version_id.in_(line))
        as_another = exists().where(
            other.text_hash == ExampleRow.text_hash,
            other.intent.not_in([ExampleRow.intent, OUT_OF_SCOPE]),
            other.id.in_(learned),
        )
        return self._list(_active(Split.TRAIN).where(ExampleRow.id.not_in(learned), as_another))

    def undo(self, example_id: int) -> None:
        """Take a label back. Raises InputError when it is not active or the live lineage has learned it."""
        self.undo_many([example_id])

    def undo_many(self, example_ids: Sequence[int]) -> None:
        """Take labels back, all or none; raises as `undo` does."""
        for some in chunks(example_ids):
            if self._session.scalar(select(func.count()).where(ExampleRow.id.in_(some), _learned())):
                raise InputError("the live version has already learned this label; correct it again instead")
            gone = update(ExampleRow).where(ExampleRow.id.in_(some), ExampleRow.undone_at.is_(None))
            if changed(self._session, gone.values(undone_at=self._now())) != len(some):
                raise InputError("this label was replaced or undone meanwhile; correct it again instead")

    def taken_back(self, example_ids: Sequence[int]) -> list[int]:
        """Those of the examples that were undone or removed, without a later label for their text.

        An erased one that no version knows, as it only judged, does not count.
        """
        judged = (ExampleRow.split == Split.HOLDOUT.value) & (ExampleRow.intent != OUT_OF_SCOPE)
        unknown = (ExampleRow.text == GONE) & judged
        standing = select(ExampleRow.id).where(ExampleRow.undone_at.is_(None) | _relabelled() | unknown)
        parts = chunks(example_ids)
        found = {number for some in parts for number in self._session.scalars(standing.where(ExampleRow.id.in_(some)))}
        return [number for number in example_ids if number not in found]

    def taken_back_before(self, version_id: str) -> bool:
        """Whether something was undone, without a later label for its text, that the version or one that it was built
        on has learned. What was erased does not count: a version may have forgotten it."""
        line = select(lineage(select(VersionRow.id).where(VersionRow.id == version_id)).c.id)
        learned = exists().where(LearnedRow.example_id == ExampleRow.id, LearnedRow.version_id.in_(line))
        undone = select(ExampleRow.id).where(ExampleRow.undone_at.is_not(None), ExampleRow.text != GONE)
        return self._session.scalar(undone.where(~_relabelled(), learned).limit(1)) is not None

    def standing(self, example_ids: Sequence[int]) -> list[int]:
        """Those of the examples that are active."""
        return self._those(example_ids, ExampleRow.undone_at.is_(None))

    def without_label(self, example_ids: Sequence[int]) -> list[int]:
        """Those of the examples whose text has no active label."""
        other = aliased(ExampleRow)
        return self._those(
            example_ids, ~exists().where(other.text_hash == ExampleRow.text_hash, other.undone_at.is_(None))
        )

    def like(self, example_ids: Sequence[int], others: Sequence[int]) -> list[int]:
        """Those of the examples whose text one of the others has."""
        texts = {
            digest
            for some in chunks(others)
            for digest in self._session.scalars(select(ExampleRow.text_hash).where(ExampleRow.id.in_(some)))
        }
        found = select(ExampleRow.id, ExampleRow.text_hash)
        rows = (
            row for some in chunks(example_ids) for row in self._session.execute(found.where(ExampleRow.id.in_(some)))
        )
        return [number for number, digest in rows if digest in texts]

    def restore_many(self, example_ids: Sequence[int]) -> None:
        """Make replaced examples active again, with whatever versions have learned of them. Raises InputError for one
        whose text is no longer kept."""
        for some in chunks(example_ids):
            back = update(ExampleRow).where(ExampleRow.id.in_(some), ExampleRow.text != GONE)
            if changed(self._session, back.values(undone_at=None)) != len(some):
                raise InputError("what this label replaced is no longer kept, and cannot come back")

    def learned_count(self, intent: str) -> int:
        """How many active examples of the intent the live lineage has learned."""
        theirs = _active().where(ExampleRow.intent == intent, _learned())
        return self._session.scalar(theirs.with_only_columns(func.count()).order_by(None)) or 0

    def learners(self, intent: str) -> set[str]:
        """The versions that were the first to learn an active train example of the intent."""
        theirs = _active(Split.TRAIN).where(ExampleRow.intent == intent).with_only_columns(ExampleRow.id).order_by(None)
        return set(self._session.scalars(select(LearnedRow.version_id).where(LearnedRow.example_id.in_(theirs))))

    def renew(self, intent: str) -> Placed:
        """`renew_many` for all that there is of an intent."""
        return self._renew(ExampleRow.intent == intent)

    def renew_many(self, example_ids: Sequence[int]) -> None:
        """Make what the live lineage has learned of these examples pending: each active one to train on gives way to
        one like it.

        They were learned once, so none of them waits for somebody to confirm it.
        """
        for some in chunks(example_ids):
            self._renew(ExampleRow.id.in_(some))

    def _renew(self, those: ColumnElement[bool]) -> Placed:
        old = list(self._session.scalars(_active(Split.TRAIN).where(those, _learned())))
        now, added = self._now(), list[ExampleRow]()
        for row in old:
            row.undone_at = now
            source = IMPORTED_AGAIN if row.source == IMPORT else row.source
            shared = {"split": row.split, "operator": row.operator, "message_id": row.message_id, "created_at": now}
            added.append(ExampleRow(text=row.text, text_hash=row.text_hash, intent=row.intent, source=source, **shared))
        self._session.flush()  # a text has one active example at most
        self._session.add_all(added)
        self._session.flush()
        return Placed(tuple(row.id for row in added), tuple(row.id for row in old), ())

    def intents_of(self, example_ids: Sequence[int]) -> set[str]:
        """The intents that these examples have, or had."""
        named = select(ExampleRow.intent).distinct()
        parts = chunks(example_ids)
        return {name for some in parts for name in self._session.scalars(named.where(ExampleRow.id.in_(some)))}

    def remove(self, example_id: int) -> None:
        """Delete an undone example. Raises InputError when it is active or any version has learned it."""
        learned = exists().where(LearnedRow.example_id == ExampleRow.id)
        gone = delete(ExampleRow).where(ExampleRow.id == example_id, ExampleRow.undone_at.is_not(None), ~learned)
        if changed(self._session, gone) != 1:
            raise InputError(f"example {example_id} is in use and cannot be removed; retire the intent instead")

    def _those(self, ids: Sequence[int], condition: ColumnElement[bool]) -> list[int]:
        meant = select(ExampleRow.id).where(condition).order_by(ExampleRow.id)
        return [
            number for some in chunks(ids) for number in self._session.scalars(meant.where(ExampleRow.id.in_(some)))
        ]

    def _list(self, statement: Select[ExampleRow]) -> list[Example]:
        return [to_example(row) for row in self._session.scalars(statement)]


def _active(split: Split | None = None) -> Select[ExampleRow]:
    statement = select(ExampleRow).where(ExampleRow.undone_at.is_(None)).order_by(ExampleRow.id)
    return statement if split is None else statement.where(ExampleRow.split == split.value)


def _learned() -> Exists:
    line = live_lineage()
    return exists().where(LearnedRow.example_id == ExampleRow.id, LearnedRow.version_id.in_(line))


def _relabelled() -> Exists:
    later = aliased(ExampleRow)
    return exists().where(later.text_hash == ExampleRow.text_hash, later.id > ExampleRow.id, later.undone_at.is_(None))


def pending_rows() -> Select[ExampleRow]:
    """Active rows that no version in the live lineage has learned, oldest first."""
    return _active().where(~_learned())


def to_example(row: ExampleRow) -> Example:
    """The row as the domain speaks of it."""
    return Example(
        id=row.id,
        text=row.text,
        intent=row.intent,
        split=Split(row.split),
        source=row.source,
        operator=row.operator,
        created_at=row.created_at,
        message_id=row.message_id,
    )
