"""Undoing an operator's latest action from what the audit log says it changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from assistant.counting import counted
from assistant.domain import Action
from assistant.errors import InputError
from assistant.services.desk.labels import action_with
from assistant.services.intents.bringing_back import bring_back, put_back
from assistant.store import AuditEntry, UnitOfWork

PROPOSALS = {"approve_proposal": "approval", "merge_proposal": "merge", "dismiss_proposal": "dismissal"}
UNDOABLE = (
    *("confirm", "correct", "create_intent", "skip", "import", "bulk"),
    *("edit_intent", "merge", "split", "retire", "restore", "settle", "both_fine"),
    *PROPOSALS,
)
MANY = ("bulk", "import")  # what somebody has changed of them since stays, and the rest is undone

SAID = {
    "bulk": "label “{heir}” of {rows} undone",
    "edit_intent": "wording of “{name}” is as before",
    "merge": "“{name}” is separate from “{heir}” again",
    "split": "“{name}” is whole again, “{heir}” removed",
    "retire": "“{name}” is in use again",
    "restore": "“{name}” is retired again",
    "settle": "the conflict is open again",
    "both_fine": "the conflict is open again",
}
Change = dict[str, object]


def undo_latest(uow: UnitOfWork, operator: str) -> str:
    """Undo it and say so. Raises InputError when nothing stands, or when it cannot be undone any more."""
    entry = uow.audit.latest_standing(operator, UNDOABLE)
    if entry is None:
        raise InputError("there is nothing to undo")
    titles = uow.intents.titles()  # also of what is about to be removed
    before, after = entry.before or {}, entry.after or {}
    added, superseded = (cast(list[int], part) for part in (after.get("added", []), before.get("superseded", [])))
    messages, others = cast(list[int], after.get("messages", [])), set[int]()
    if entry.action in MANY and (standing := uow.examples.standing(added)):
        added, others = standing, set(added) - set(standing)
    uow.examples.undo_many(added)
    if others:
        superseded = uow.examples.without_label(superseded)
        kept = uow.inbox.reading_like(messages, list(others))
        messages = [number for number in messages if number not in kept]
    # A return that is undone leaves its rows as forgotten as they were; any other label was another intent's.
    put_back(uow, superseded, replaced=[] if entry.action == "restore" else added)
    if "proposal" in after:
        uow.proposals.reopen(cast(int, after["proposal"]))
    if entry.action in ("create_intent", "approve_proposal"):
        for example_id in added:
            uow.examples.remove(example_id)
        uow.intents.remove(str(after["intent"]))
    if entry.action in INTENTS_BACK:
        INTENTS_BACK[entry.action](uow, entry.subject.removeprefix("intent/"), before, after)
    if entry.action == "both_fine":
        first, second = entry.subject.removeprefix("pair/").split("-")
        uow.opinions.unaccept(first, second)
    uow.inbox.set_handled(messages, False)
    if "message" in after:
        _put_back(uow, cast(int, after["message"]), before)
    for message_id, handled, skipped in cast(list[tuple[int, bool, bool]], before.get("messages", [])):
        _put_back(uow, message_id, {"handled": handled, "skipped": skipped})
    uow.audit.add_undo(operator, entry)
    left = f", but for {len(others):,} that got another label since" if others else ""
    return _described(uow, entry, titles) + left


def _unsplit(uow: UnitOfWork, name: str, before: Change, after: Change) -> None:
    for example_id in cast(list[int], after["added"]):
        uow.examples.remove(example_id)
    uow.intents.remove(str(after["intent"]))


def _unedit(uow: UnitOfWork, name: str, before: Change, after: Change) -> None:
    present = uow.intents.get(name)
    if {key: getattr(present, key) for key in after} != after:
        raise InputError(f"“{present.title}” was edited again meanwhile; pick an earlier wording instead")
    answer = str(before["answer"])
    action = Action(str(before["action"])) if "action" in before else action_with(uow, name, answer)
    uow.intents.update(name, title=str(before["title"]), answer=answer, action=action)


def _unretire(uow: UnitOfWork, name: str, before: Change, after: Change) -> None:
    bring_back(uow, name)


INTENTS_BACK: dict[str, Callable[[UnitOfWork, str, Change, Change], None]] = {
    "edit_intent": _unedit,
    "merge": lambda uow, name, before, after: uow.intents.restore(name),
    "split": _unsplit,
    "retire": _unretire,
    "restore": lambda uow, name, before, after: uow.intents.retire(
        name, into=cast("str | None", before["heir"]), erase=bool(before["erase"])
    ),
}


def _put_back(uow: UnitOfWork, message_id: int, before: dict[str, object]) -> None:
    if not before["handled"]:
        uow.conversations.set_handled(message_id, False)
    if not before["skipped"]:
        uow.conversations.set_skipped(message_id, False)


def _described(uow: UnitOfWork, entry: AuditEntry, titles: Mapping[str, str]) -> str:
    after = entry.after or {}
    if entry.action == "import":
        return f"import of {counted(cast(int, after['rows']), 'row')} undone"
    if entry.action in PROPOSALS:
        return f"{PROPOSALS[entry.action]} of proposal {after['proposal']} undone"
    name, intent = entry.subject.removeprefix("intent/"), str(after.get("intent"))
    name, intent = titles.get(name, name), titles.get(intent, intent)
    if entry.action == "create_intent":
        return f"new intent “{intent}” removed"
    if entry.action in SAID:
        rows = counted(cast(int, after.get("rows", 0)), "message")
        return SAID[entry.action].format(name=name, heir=intent, rows=rows)
    what = _quoted(uow, cast(int, after["message"]))
    if entry.action == "skip":
        return f"{what} is back in the queue"
    return f"label “{intent}” of {what} undone"


def _quoted(uow: UnitOfWork, message_id: int) -> str:
    try:
        return repr(_shortened(uow.conversations.message(message_id).text))
    except InputError:  # erased since
        return "a message that is no longer kept"


def _shortened(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
