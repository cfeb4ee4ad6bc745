"""Looking after intents: editing, merging, splitting and retiring them. Every change is logged and can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from assistant.domain import Action, Example, Intent, LabelledText
from assistant.errors import InputError
from assistant.services.desk.labels import EDIT, action_with, called, require_in_use, require_own_title
from assistant.services.intents.bringing_back import bring_back
from assistant.services.rows.intents_of_labels import named
from assistant.store import AuditEntry, Store, UnitOfWork

SPLIT_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Wording:
    """How an intent read from a moment on; `edit` is the entry of the log to go back by, None for the first wording."""

    at: datetime | None
    who: str
    title: str
    answer: str
    edit: int | None
    action: Action | None = None  # what it led to, where the log says so
    description: str | None = None  # which messages it was for, where the log says so


class IntentCare:
    """`operator` is the name of the signed-in person. Unknown and retired intents raise InputError."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def edit(
        self,
        name: str,
        title: str,
        answer: str,
        operator: str,
        *,
        action: Action | None = None,
        description: str | None = None,
        seen: Intent | None = None,
    ) -> bool:
        """Change what customers read and, with `action`, what it leads to, with `description`, which messages it is
        for; False when nothing changed.

        The name stays, since models and labels refer to it. An intent that was made without an answer, and hands over,
        answers once it has one, unless `action` says otherwise.

        Raises InputError for an empty title or answer, for the title of another intent, and when a colleague has worded
        it otherwise than as it was `seen`.
        """
        with self._store.unit() as uow:
            before = require_in_use(uow, name)
            _require_as_seen(uow, before, seen, "Save again to put your own in its place.")
            if action is Action.HAND_OVER and not answer.strip():
                raise InputError("Please write what customers read before they are passed on to a person.")
            if action is Action.ANSWER and not answer.strip() and not before.answer:
                action = before.action  # there is no answer to give yet
            action = action or action_with(uow, name, answer)
            return _reword(uow, before, title, answer, action, description, operator)

    def wordings(self, name: str) -> list[Wording]:
        """How the intent read over time, newest first."""
        with self._store.unit(read_only=True) as uow:
            intent = uow.intents.get(name)
            edits = uow.audit.of_subject(f"intent/{name}", EDIT)
        first = edits[-1].before or {} if edits else _wording(intent)
        return [*(_as_wording(entry.after or {}, entry) for entry in edits), _as_wording(first)]

    def go_back(self, name: str, edit: int | None, operator: str, *, seen: Intent | None = None) -> None:
        """Make an earlier wording the present one, as an edit of its own.

        Raises InputError for an unknown one, and when a colleague has worded it otherwise than as it was `seen`.
        """
        found = next((past for past in self.wordings(name) if past.edit == edit), None)
        if found is None:
            raise InputError(f"this intent has no earlier wording {edit}; pick one from the list")
        with self._store.unit() as uow:
            before = require_in_use(uow, name)
            _require_as_seen(uow, before, seen, "Go back again to put the earlier wording in its place.")
            action = found.action or action_with(uow, name, found.answer)
            if not _reword(uow, before, found.title, found.answer, action, found.description, operator):
                raise InputError(f"“{found.title}” reads like that already; pick another wording")

    def merge(self, name: str, into: str, operator: str) -> int:
        """Labels of `name` become labels of `into`, and `name` is retired in its favour. Returns how many labels.

        Until the next update the model still knows both; what it takes for `name` counts as `into` at once.
        """
        if name == into:
            raise InputError("an intent cannot be merged into itself; choose another one")
        with self._store.unit() as uow:
            for each in (name, into):
                require_in_use(uow, each)
            count, superseded, added = _relabel(uow, uow.examples.of_intent(name), into, operator)
            uow.intents.retire(name, into=into)
            before: dict[str, object] = {"intent": name, "superseded": superseded}
            uow.audit.add(operator, "merge", f"intent/{name}", before, {"intent": into, "added": added})
        return count

    def split(self, name: str, examples: Sequence[int], new: Intent, operator: str) -> int:
        """Give the chosen examples of `name` to a new intent, which without a name gets one made of its title. Returns
        how many.

        Raises InputError for a malformed or taken new name or title, for no example, and for one that is not of `name`.
        """
        if not 0 < len(examples) <= SPLIT_LIMIT:
            raise InputError(f"{len(examples)} messages are chosen; choose 1 to {SPLIT_LIMIT} to go to the new intent")
        with self._store.unit() as uow:
            require_in_use(uow, name)
            theirs = {example.id: example for example in uow.examples.of_intent(name)}
            for number in examples:
                if number not in theirs:
                    raise InputError(
                        f"{_quoted(uow, number)} is not labelled {called(uow, name)} (any more); choose again"
                    )
            new = named(new, uow.intents.titles())
            require_own_title(uow, new.title, new.name)
            uow.intents.add(new, operator)
            chosen = [theirs[number] for number in dict.fromkeys(examples)]
            count, superseded, added = _relabel(uow, chosen, new.name, operator)
            before: dict[str, object] = {"intent": name, "superseded": superseded}
            uow.audit.add(operator, "split", f"intent/{name}", before, {"intent": new.name, "added": added})
        return count

    def retire(self, name: str, operator: str, *, erase: bool = False) -> None:
        """Take an intent out of use: it is neither answered nor offered from the next message on.

        With `erase` the next update also forgets the rows that the memory kept of it. Raises InputError when fewer
        than two intents would be left.
        """
        with self._store.unit() as uow:
            title = require_in_use(uow, name).title
            if len(uow.intents.all()) - len(uow.intents.retired()) < 3:
                raise InputError(f"“{title}” cannot be retired: fewer than two intents would be left to choose between")
            uow.intents.retire(name, erase=erase)
            uow.audit.add(operator, "retire", f"intent/{name}", {"retired": False}, {"intent": name, "erase": erase})

    def restore(self, name: str, operator: str) -> None:
        """Take a retired intent into use again, and have learned once more what was forgotten of it.

        Raises InputError when it is in use.
        """
        with self._store.unit() as uow:
            retired = uow.intents.retired()
            if name not in retired:
                raise InputError(f"“{uow.intents.get(name).title}” is in use already; nothing was changed")
            before: dict[str, object] = {"heir": retired[name], "erase": name in uow.intents.to_erase()}
            placed = bring_back(uow, name)
            before["superseded"], added = list(placed.superseded), list(placed.added)
            uow.audit.add(operator, "restore", f"intent/{name}", before, {"intent": name, "added": added})

    def examples(self, name: str, limit: int = 200) -> list[Example]:
        """The newest labelled texts of an intent."""
        with self._store.unit(read_only=True) as uow:
            uow.intents.get(name)
            return uow.examples.of_intent(name)[::-1][:limit]


def _quoted(uow: UnitOfWork, example_id: int) -> str:
    try:
        return f"“{uow.examples.get(example_id).text[:60]}”"
    except InputError:
        return f"example {example_id}"


def _relabel(
    uow: UnitOfWork, examples: Sequence[Example], intent: str, operator: str
) -> tuple[int, list[int], list[int]]:
    """How many, and the ids of the labels replaced and of the new ones."""
    rows = [LabelledText(example.text, intent) for example in examples]
    placed = uow.examples.add_many(rows, source="correction", operator=operator)
    return len(rows), list(placed.superseded), list(placed.added)


def _reword(
    uow: UnitOfWork, before: Intent, title: str, answer: str, action: Action, description: str | None, operator: str
) -> bool:
    if title != before.title:
        require_own_title(uow, title, before.name)
    after = uow.intents.update(before.name, title=title, answer=answer, action=action, description=description)
    if after == before:
        return False
    uow.audit.add(operator, EDIT, f"intent/{before.name}", _wording(before), _wording(after))
    return True


def _require_as_seen(uow: UnitOfWork, now: Intent, seen: Intent | None, again: str) -> None:
    if seen is not None and _shown(seen) != _shown(now):
        then = " and passes on to a person" if now.action is Action.HAND_OVER else ""
        raise InputError(
            f"{_last_editor(uow, now)} changed this intent meanwhile; nothing was saved. It says now:"
            f" “{now.title}: {now.answer}”{then}. {again}"
        )


def _shown(intent: Intent) -> tuple[str, str, Action, str]:
    """What operators see of it to reword."""
    return intent.title, intent.answer, intent.intended, intent.description


def _last_editor(uow: UnitOfWork, intent: Intent) -> str:
    edits = uow.audit.of_subject(f"intent/{intent.name}", EDIT)
    return edits[0].actor if edits and edits[0].after == _wording(intent) else "A colleague"


def _wording(intent: Intent) -> dict[str, object]:
    wording = {"title": intent.title, "answer": intent.answer, "action": intent.action.value}
    return {**wording, "description": intent.description}


def _as_wording(told: Mapping[str, object], entry: AuditEntry | None = None) -> Wording:
    """What the log tells of a wording; without an entry it is the first."""
    action = Action(str(told["action"])) if "action" in told else None
    at, who, edit = (entry.at, entry.actor, entry.id) if entry else (None, "", None)
    description = str(told["description"]) if "description" in told else None
    return Wording(at, who, str(told["title"]), str(told["answer"]), edit, action, description)
