"""Labels with embeddings, and how much labelling a message would teach."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from assistant.domain import Example
from assistant.store.chunks import chunks
from assistant.store.examples import to_example
from assistant.store.inbox import THEIRS
from assistant.store.instants import AT_THE_DESK
from assistant.store.messages import read_messages
from assistant.store.queue import QUEUED
from assistant.store.records import Message
from assistant.store.tables import ExampleRow, MessageRow
from assistant.store.texts import text_hash
from assistant.store.version_tables import LearnedRow


class Labels:
    """Reads examples beside the messages that they came from; writes the messages' labelling values."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def embedded(self, encoder: str) -> list[tuple[Example, bytes]]:
        """Active labels given at the desk, with the embedding that their message was logged with; oldest first."""
        rows = (
            select(ExampleRow, MessageRow.embedding)
            .join(MessageRow, MessageRow.id == ExampleRow.message_id)
            .where(
                ExampleRow.undone_at.is_(None),
                ExampleRow.source.in_(AT_THE_DESK),
                MessageRow.encoder == encoder,
                MessageRow.embedding.is_not(None),
            )
            .order_by(ExampleRow.id)
        )
        return [(to_example(row), embedding) for row, embedding in self._session.execute(rows) if embedding is not None]

    def of_texts(self, texts: Iterable[str]) -> dict[str, Example]:
        """The active example of each text that has one, by the text as given."""
        hashes = {text: text_hash(text) for text in texts}
        wanted, found = sorted(set(hashes.values())), dict[str, Example]()
        for some in chunks(wanted):
            part = ExampleRow.text_hash.in_(some)
            for row in self._session.scalars(select(ExampleRow).where(part, ExampleRow.undone_at.is_(None))):
                found[row.text_hash] = to_example(row)
        return {text: found[digest] for text, digest in hashes.items() if digest in found}

    def learned_counts(self, version_ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """How many train rows of each intent every version learned first, by version and intent."""
        rows = (
            select(LearnedRow.version_id, ExampleRow.intent, func.count())
            .join(ExampleRow, ExampleRow.id == LearnedRow.example_id)
            .where(LearnedRow.version_id.in_(version_ids), ExampleRow.split == "train")
            .group_by(LearnedRow.version_id, ExampleRow.intent)
        )
        found: dict[str, dict[str, int]] = {version: {} for version in version_ids}
        for version, intent, count in self._session.execute(rows):
            found[version][intent] = count
        return found

    def waiting(self, encoder: str, limit: int) -> list[Message]:
        """The newest `limit` queued messages that have an embedding of `encoder`, newest first."""
        seen = select(MessageRow).where(QUEUED, MessageRow.encoder == encoder, MessageRow.embedding.is_not(None))
        return read_messages(self._session, seen.order_by(MessageRow.id.desc()).limit(limit))

    def set_values(self, values: Mapping[int, float]) -> None:
        """Gives these messages their labelling value, by message id; all others have none from now on."""
        stale = update(MessageRow).where(THEIRS, MessageRow.labeling_value.is_(None) == 0)  # as the index has it
        self._session.execute(stale.values(labeling_value=None))
        if values:
            rows = [{"id": number, "labeling_value": value} for number, value in values.items()]
            self._session.execute(update(MessageRow), rows)
