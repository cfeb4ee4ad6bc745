"""One label for many messages at once, looked at before and undone as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.domain import LabelledText
from assistant.errors import InputError
from assistant.services.desk.labels import require_in_use
from assistant.store import Store, prepare, text_hash
from assistant.store.inbox import InboxFilter

LIMIT = 5000  # messages; the database is locked while they are labelled


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """What labelling would change: `texts` has the label of each text by its hash, None for those without."""

    messages: tuple[int, ...]
    intent: str
    texts: Mapping[str, str | None]

    @property
    def labels(self) -> Mapping[str | None, int]:
        """How many texts have each label."""
        return Counter(self.texts.values())


class Bulk:
    """Labels all messages of a filter."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def preview(self, wanted: InboxFilter, intent: str) -> BulkPreview:
        """What giving `intent` to every message of the filter would change; changes nothing.

        Raises InputError for an unknown or retired intent, and for a filter of no message or more than LIMIT.
        """
        with self._store.unit(read_only=True) as uow:
            require_in_use(uow, intent)
            ids = uow.inbox.ids(wanted, LIMIT + 1)
            if not 0 < len(ids) <= LIMIT:
                found = "no message" if not ids else f"more than {LIMIT:,} messages"
                raise InputError(f"the filter finds {found}; change it so that it finds 1 to {LIMIT:,}")
            hashes = list(dict.fromkeys(text_hash(said) for said in uow.inbox.texts(ids)))
            labels = uow.inbox.labels(hashes)
        return BulkPreview(tuple(ids), intent, {digest: labels.get(digest) for digest in hashes})

    def label(self, preview: BulkPreview, operator: str) -> int:
        """Give the label; returns how many texts were labelled anew. One undo takes all of it back.

        Raises InputError when somebody has given one of the texts another label since the preview.
        """
        # Before the unit of work that takes the write lock, for which chats wait; what was said never changes.
        with self._store.unit(read_only=True) as uow:
            said = uow.inbox.texts(preview.messages)
        rows = [prepare(LabelledText(text, preview.intent)) for text in said]
        with self._store.unit() as uow:
            require_in_use(uow, preview.intent)
            now = uow.inbox.labels(list(preview.texts))
            if others := sum(now.get(one) not in (seen, preview.intent) for one, seen in preview.texts.items()):
                told = f"{others:,} of these texts got another label after the preview; nothing was labelled."
                raise InputError(f"{told} Preview again.")
            placed = uow.examples.add_prepared(rows, source="correction", operator=operator)
            turned = uow.inbox.set_handled(preview.messages, True)
            before: dict[str, object] = {"superseded": list(placed.superseded)}
            given = {"intent": preview.intent, "added": list(placed.added), "kept": list(placed.kept)}
            after = {**given, "messages": turned, "rows": len(rows)}
            uow.audit.add(operator, "bulk", f"intent/{preview.intent}", before, after)
        return len(placed.added)
