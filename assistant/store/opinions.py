"""Second opinions on labels, and pairs of texts that rightly differ."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from assistant.errors import InputError
from assistant.store.columns import Clock
from assistant.store.instants import AT_THE_DESK
from assistant.store.tables import AcceptedPairRow, ExampleRow, SecondOpinionRow
from assistant.store.writes import changed


class Opinions:
    """What operators say of each other's labels."""

    def __init__(self, session: Session, now: Clock) -> None:
        self._session = session
        self._now = now

    def next_for(self, operator: str) -> tuple[int, str] | None:
        """Id and text of a label that somebody else gave by hand and this operator has not judged; None without."""
        given = select(SecondOpinionRow.example_id).where(SecondOpinionRow.operator == operator)
        row = self._session.execute(
            select(ExampleRow.id, ExampleRow.text)
            .where(
                ExampleRow.undone_at.is_(None),
                ExampleRow.operator != operator,
                ExampleRow.source.in_(AT_THE_DESK),
                ExampleRow.id.not_in(given),
            )
            .order_by(ExampleRow.text_hash)  # as good as drawn at random, and the same for everybody
            .limit(1)
        ).one_or_none()
        return None if row is None else (row.id, row.text)

    def add(self, example_id: int, operator: str, intent: str) -> None:
        """Raises InputError when this operator gave an opinion on it already."""
        row = {"example_id": example_id, "operator": operator, "intent": intent, "created_at": self._now()}
        if changed(self._session, insert(SecondOpinionRow).values(row).on_conflict_do_nothing()) != 1:
            raise InputError(f"{operator} gave a second opinion on this text already; go on with the next")

    def pairs(self) -> list[tuple[str, str, str, str]]:
        """First operator, second operator, first label, second label; oldest first."""
        rows = self._session.execute(
            select(ExampleRow.operator, SecondOpinionRow.operator, ExampleRow.intent, SecondOpinionRow.intent)
            .join(ExampleRow, ExampleRow.id == SecondOpinionRow.example_id)
            .order_by(SecondOpinionRow.id)
        )
        return [(first, second, label, other) for first, second, label, other in rows]

    def totals(self) -> list[tuple[str, int]]:
        """How many standing labels each operator gave by hand, most first."""
        count = func.count()
        rows = self._session.execute(
            select(ExampleRow.operator, count)
            .where(ExampleRow.undone_at.is_(None), ExampleRow.source.in_(AT_THE_DESK))
            .group_by(ExampleRow.operator)
            .order_by(count.desc(), ExampleRow.operator)
        )
        return [(operator, number) for operator, number in rows]

    def accept(self, first: str, second: str, operator: str) -> None:
        """Two texts, by their hashes, rightly have different labels."""
        low, high = sorted((first, second))
        row = {"first_hash": low, "second_hash": high, "operator": operator, "created_at": self._now()}
        self._session.execute(insert(AcceptedPairRow).values(row).on_conflict_do_nothing())

    def accepted_by(self, first: str, second: str) -> str | None:
        """Who said so; None where nobody did."""
        low, high = sorted((first, second))
        this = (AcceptedPairRow.first_hash == low, AcceptedPairRow.second_hash == high)
        return self._session.execute(select(AcceptedPairRow.operator).where(*this)).scalar_one_or_none()

    def unaccept(self, first: str, second: str) -> None:
        low, high = sorted((first, second))
        this = (AcceptedPairRow.first_hash == low, AcceptedPairRow.second_hash == high)
        self._session.execute(delete(AcceptedPairRow).where(*this))

    def accepted(self) -> set[tuple[str, str]]:
        """All such pairs, the smaller hash first."""
        rows = self._session.execute(select(AcceptedPairRow.first_hash, AcceptedPairRow.second_hash))
        return {(row.first_hash, row.second_hash) for row in rows}
