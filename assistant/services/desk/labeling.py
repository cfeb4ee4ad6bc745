"""The operators' desk: what to label, and labelling it. Every action is logged and can be undone."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.domain import OUT_OF_SCOPE, Intent, LabelledText, Split
from assistant.errors import InputError
from assistant.services.conversation.instant import instant_items
from assistant.services.conversation.transcript import turns
from assistant.services.desk.bulk import Bulk
from assistant.services.desk.labels import OUTSIDE, called, require_in_use, require_own_title
from assistant.services.desk.reasons import choices, reason, why
from assistant.services.desk.undo import undo_latest
from assistant.services.intents.retiring import answering
from assistant.services.live import Live
from assistant.services.rows.importing import import_labelled
from assistant.services.rows.intents_of_labels import named
from assistant.services.views import ImportCounts, InboxPage, InstantItem, QueueItem, Seen, WorkItem
from assistant.store import Message, Store, UnitOfWork, text_hash
from assistant.store.inbox import COUNTED, QUEUE, SORTS, InboxFilter
from assistant.strategies import nearest

NEIGHBOURS = 5
PAGE_SIZE = 25


class Labeling:
    """`operator` is the name of the signed-in person. Unknown message ids and intents raise InputError.

    With `seen` a label is refused with InputError when somebody has given the message another one since.
    """

    def __init__(self, store: Store, live: Live) -> None:
        self._store = store
        self._live = live
        self.bulk = Bulk(store)

    def count(self) -> int:
        """How many messages the queue has."""
        with self._store.unit(read_only=True) as uow:
            return uow.inbox.count(QUEUE)

    def inbox(self, wanted: InboxFilter = QUEUE, sort: str = "need", number: int = 1) -> InboxPage:
        """Page `number` of the messages that are meant; one that does not exist (any more) is the last one.

        Raises InputError for an unknown sort or intent.
        """
        if sort not in SORTS:
            raise InputError(f"unknown order {sort[:60]!r}; choose one of: {', '.join(SORTS)}")
        with self._store.unit(read_only=True) as uow:
            known = uow.intents.titles()
            for name in (wanted.predicted, wanted.labelled):
                if name is not None and name not in known:
                    hint = nearest(name[:60], known)
                    raise InputError(
                        f"unknown intent {name[:60]!r}{hint}: it is not there (any more); clear the filters"
                    )
            total = uow.inbox.count(wanted)
            pages = max(1, -(-total // PAGE_SIZE))
            number = max(1, number) if wanted != QUEUE and total == COUNTED else min(max(1, number), pages)
            messages = uow.inbox.page(wanted, sort, PAGE_SIZE, (number - 1) * PAGE_SIZE, are_many=total == COUNTED)
            labels = uow.inbox.labels([text_hash(message.text) for message in messages])
        items = (
            QueueItem(m.id, m.text, reason(m), m.predicted, m.confidence, m.created_at, labels.get(text_hash(m.text)))
            for m in messages
        )
        return InboxPage(tuple(items), number, max(pages, number), total, wanted != QUEUE and total == COUNTED)

    def intents(self) -> list[Intent]:
        """All intents in use, by name; retired ones are no label any more."""
        with self._store.unit(read_only=True) as uow:
            return uow.intents.in_use()

    def retired(self) -> list[Intent]:
        """The intents out of use, by name: messages that were taken for them can still be looked for."""
        with self._store.unit(read_only=True) as uow:
            retired = uow.intents.retired()
            return [intent for intent in uow.intents.all() if intent.name in retired]

    def item(self, message_id: int) -> WorkItem:
        """A message with its conversation, what the model said, and the closest texts it has learned."""
        with self._store.unit(read_only=True) as uow:
            message = _customer_message(uow, message_id)
            conversation = uow.conversations.messages(message.conversation_id)
            comments = uow.people.comments(message.conversation_id)
            example = uow.examples.active_for(message.text)
            intents = answering(uow)
        snapshot = self._live.snapshot()
        scores, embedding = message.scores, message.embedding
        if embedding is None or message.encoder != snapshot.encoder_hash:
            prediction = snapshot.predict([message.text])[0]
            scores, embedding = scores or prediction.ranked, prediction.embedding
        neighbours = tuple(snapshot.nearest(embedding, k=NEIGHBOURS))
        suggested = [intents[score.intent].name for score in scores if score.intent in intents]
        return WorkItem(
            message_id=message.id,
            text=message.text,
            reason=reason(message),
            conversation=turns(conversation),
            suggestions=scores,
            neighbours=neighbours,
            label=example.intent if example else None,
            why=why(message),
            choices=choices(suggested, [near.intent for near in neighbours], {each.name for each in intents.values()}),
            comment=comments.get(message.id),
        )

    def confirm(self, message_id: int, operator: str, *, seen: Seen | None = None) -> None:
        """The prediction is right, or that of the intent it was merged into since.

        Raises InputError for a message that no model has seen.
        """
        with self._store.unit() as uow:
            message = _customer_message(uow, message_id)
            if message.predicted is None:
                raise InputError(f"message {message_id} has no prediction to confirm; choose an intent")
            meant = answering(uow).get(message.predicted)
            _label(uow, message, meant.name if meant else message.predicted, operator, "confirm", seen)

    def correct(self, message_id: int, intent: str, operator: str, *, seen: Seen | None = None) -> None:
        """The message means `intent`; replaces the label its text had."""
        with self._store.unit() as uow:
            message = _customer_message(uow, message_id)
            _label(uow, message, intent, operator, "correct", seen)

    def reject(self, message_id: int, operator: str, *, seen: Seen | None = None) -> None:
        """The message means none of the intents; customers who ask the same read the answer of `OUTSIDE`, editable."""
        with self._store.unit() as uow:
            message = _customer_message(uow, message_id)
            if all(intent.name != OUT_OF_SCOPE for intent in uow.intents.all()):
                uow.intents.add(OUTSIDE, operator)
            _label(uow, message, OUT_OF_SCOPE, operator, "correct", seen)

    def create_intent(self, intent: Intent, message_id: int | None, operator: str, *, seen: Seen | None = None) -> None:
        """Add an intent, and label a message with it; without a name it gets one made of its title.

        Raises InputError for a malformed or taken name or title.
        """
        with self._store.unit() as uow:
            intent = named(intent, uow.intents.titles())
            require_own_title(uow, intent.title, intent.name)
            uow.intents.add(intent, operator)
            if message_id is None:
                uow.audit.add(operator, "create_intent", f"intent/{intent.name}", after={"intent": intent.name})
                return
            message = _customer_message(uow, message_id)
            _label(uow, message, intent.name, operator, "create_intent", seen)

    def skip(self, message_id: int, operator: str) -> None:
        """Take a message out of the queue without a label."""
        with self._store.unit() as uow:
            message = _customer_message(uow, message_id)
            uow.conversations.set_skipped(message_id, True)
            uow.audit.add(operator, "skip", f"message/{message_id}", _standing(message), {"message": message_id})

    def undo(self, operator: str) -> str:
        """Undo this operator's latest action that still stands; returns what was undone, in plain English.

        Raises InputError when there is none, when the live version has learned the label, or when
        somebody changed it since.
        """
        with self._store.unit() as uow:
            return undo_latest(uow, operator)

    def at_work(self) -> list[InstantItem]:
        """The corrections that hold already, before a version has learned them, newest first."""
        return instant_items(self._store)

    def import_rows(self, rows: Iterable[LabelledText], operator: str, *, split: Split | None = None) -> ImportCounts:
        """Add labelled texts, all or none; raises as `import_labelled` does."""
        return import_labelled(self._store, rows, operator, split=split)


def _customer_message(uow: UnitOfWork, message_id: int) -> Message:
    message = uow.conversations.message(message_id)
    if message.role != "user":
        raise InputError(f"message {message_id} was written by the assistant and cannot be labelled")
    return message


def _label(uow: UnitOfWork, message: Message, intent: str, operator: str, action: str, seen: Seen | None) -> None:
    require_in_use(uow, intent)
    old = uow.examples.active_for(message.text)
    if seen is not None and old is not None and old.intent not in (seen.label, intent):
        label = called(uow, old.intent)
        raise InputError(f"{old.operator} labelled {message.text[:60]!r} {label} meanwhile; nothing was changed")
    source = "confirmation" if action == "confirm" else "correction"
    new = uow.examples.add(message.text, intent, source=source, operator=operator, message_id=message.id)
    uow.conversations.set_handled(message.id, True)
    fresh = old is None or old.id != new.id
    before = {"intent": old.intent if old else None, "superseded": [old.id] if old and fresh else []}
    after: dict[str, object] = {"intent": intent, "added": [new.id] if fresh else [], "message": message.id}
    after |= {} if fresh else {"kept": [new.id]}
    uow.audit.add(operator, action, f"message/{message.id}", before | _standing(message), after)


def _standing(message: Message) -> dict[str, object]:
    return {"handled": message.handled_at is not None, "skipped": message.skipped_at is not None}
