"""Customers' messages that a model answered, for asking another version about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assistant.domain import Split
from assistant.store.chunks import chunks
from assistant.store.inbox import THEIRS
from assistant.store.messages import read_messages
from assistant.store.records import Message
from assistant.store.tables import ExampleRow, MessageRow
from assistant.store.version_tables import LearnedRow


class Answered:
    """Reads only."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def since(self, moment: datetime, most: int) -> tuple[int, list[int]]:
        """How many there are from this moment on, and the ids of the newest `most` of them, oldest first."""
        # Confidence stands for the model's having seen it: it is in the index, the embedding is not.
        seen = (THEIRS, MessageRow.created_at >= moment, MessageRow.confidence.is_not(None))
        total = self._session.scalar(select(func.count()).select_from(MessageRow).where(*seen)) or 0
        newest = select(MessageRow.id).where(*seen).order_by(MessageRow.created_at.desc(), MessageRow.id.desc())
        return total, list(self._session.scalars(newest.limit(most)))[::-1]

    def messages(self, ids: Sequence[int]) -> list[Message]:
        """These messages, at most 500, in the order of their ids."""
        return read_messages(self._session, select(MessageRow).where(MessageRow.id.in_(ids)).order_by(MessageRow.id))

    def trained(self, version_ids: Sequence[str], examples: Sequence[int]) -> set[str]:
        """Hashes of the texts that any of these versions was the first to train on, and of these examples to train on.

        Labels that were replaced since count as well: the text was trained on.
        """
        texts = select(ExampleRow.text_hash).where(ExampleRow.split == Split.TRAIN.value)
        first = texts.join(LearnedRow, LearnedRow.example_id == ExampleRow.id)
        found = set(self._session.scalars(first.where(LearnedRow.version_id.in_(version_ids))))
        for some in chunks(examples):
            found.update(self._session.scalars(texts.where(ExampleRow.id.in_(some))))
        return found
