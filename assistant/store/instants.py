"""Operators' labels that take effect before a version has learned them."""

from __future__ import annotations

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from assistant.domain import OUT_OF_SCOPE, Split
from assistant.store.examples import pending_rows, to_example
from assistant.store.lineage import live_lineage
from assistant.store.records import PendingLabel
from assistant.store.tables import AuditRow, ExampleRow, MessageRow
from assistant.store.texts import text_hash
from assistant.store.version_tables import LearnedRow

AT_THE_DESK = ("correction", "confirmation")  # sources of labels that somebody gave by hand
# Asked at every message, so it is put together once.
STAMP = select(select(func.max(AuditRow.id)).scalar_subquery(), select(func.max(ExampleRow.id)).scalar_subquery())


class Instants:
    """Reads only: what makes a label pending, and what ends that, is the business of examples and versions."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def stamp(self) -> tuple[int, int]:
        """Differs whenever `pending` may: labels, undoing them and publishing all leave a line in the audit log."""
        audit, example = self._session.execute(STAMP).one()
        return audit or 0, example or 0

    def pending(self) -> list[PendingLabel]:
        """Labels given at the desk that no version has ever learned, oldest first.

        What a version had learned that was taken back since is pending for the night, but not in force: somebody who
        rolls back wants the answers from before. Given again it is a label of its own, and holds.
        """
        learned = exists().where(LearnedRow.example_id == ExampleRow.id)
        rows = (
            pending_rows()
            .where(ExampleRow.source.in_(AT_THE_DESK), ~learned)
            .outerjoin(MessageRow, MessageRow.id == ExampleRow.message_id)
            .add_columns(MessageRow.embedding, MessageRow.encoder)
        )
        found = self._session.execute(rows)
        return [PendingLabel(to_example(row), embedding, encoder) for row, embedding, encoder in found]

    def untaught(self, text: str) -> PendingLabel | None:
        """The label given at the desk of this very text, which the live version knows of but was not trained to give:
        one on the holdout is only asked for, and one out of scope only makes strange what is like it."""
        said = select(ExampleRow).where(
            ExampleRow.text_hash == text_hash(text),
            or_(ExampleRow.split == Split.HOLDOUT, ExampleRow.intent == OUT_OF_SCOPE),
            ExampleRow.undone_at.is_(None),
            ExampleRow.source.in_(AT_THE_DESK),
            exists().where(LearnedRow.example_id == ExampleRow.id, LearnedRow.version_id.in_(live_lineage())),
        )
        row = self._session.scalars(said).first()
        return PendingLabel(to_example(row), None, None) if row else None

    def learned_intents(self) -> set[str]:
        """The intents that the live version has learned a label of."""
        lineage = live_lineage()
        rows = select(ExampleRow.intent).join(LearnedRow, LearnedRow.example_id == ExampleRow.id)
        return set(self._session.scalars(rows.where(LearnedRow.version_id.in_(lineage)).distinct()))

    def used(self) -> dict[int, int]:
        """How many messages each example has decided about, by the example's id."""
        counts = select(MessageRow.instant, func.count()).where(MessageRow.instant.is_not(None))
        found = self._session.execute(counts.group_by(MessageRow.instant))
        return {example: count for example, count in found if example is not None}
