"""Undoing an operator's latest action from what the audit log says it changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import cast

from assistant.counting import counted, shortened
from assistant.domain import Action
from assistant.errors import InputError
from assistant.services.accounts.operators import LEAD
from assistant.services.desk.labels import action_with
from assistant.services.desk.taking_back import take_back
from assistant.services.intents.bringing_back import bring_back
from assistant.store import AuditEntry, UnitOfWork

SHORT = 60  # characters of a message in what an undo tells
PROPOSALS = {"approve_proposal": "approval", "merge_proposal": "merge", "dismiss_proposal": "dismissal"}
UNDOABLE = (
    *("confirm", "correct", "create_intent", "skip", "import", "bulk"),
    *("edit_intent", "merge", "split", "retire", "restore", "settle", "both_fine"),
    *PROPOSALS,
)
LEADS_ONLY = ("merge", "retire", "restore")  # taken back by who may do them

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
    """Undo it and say so; who is no lead any more takes back what operators may do, and nothing else.

    Raises InputError when nothing stands, or when it cannot be undone any more.
    """
    account = uow.operators.get(operator)
    is_lead = account is None or account.role == LEAD  # who has no account acts at the command line
    entry = uow.audit.latest_standing(operator, [each for each in UNDOABLE if is_lead or each not in LEADS_ONLY])
    if entry is None:
        raise InputError("there is nothing to undo")
    titles = uow.intents.titles()  # also of what is about to be removed
    if entry.action == "edit_intent" and _is_overtaken(uow, entry):
        uow.audit.add_undo(operator, replace(entry, before=entry.after))
        title = titles[entry.subject.removeprefix("intent/")]
        return f"your wording of “{title}”, which was edited again since; that stays, and earlier ones can be picked"
    labels = take_back(uow, entry)
    left = labels.left(uow, titles)
    _messages_back(uow, entry, labels.others)
    _intents_back(uow, entry)
    if "superseded" in (entry.before or {}):
        entry = replace(entry, before={**(entry.before or {}), "superseded": labels.back})
    uow.audit.add_undo(operator, entry)
    return _described(uow, entry, titles) + left


def _messages_back(uow: UnitOfWork, entry: AuditEntry, others: Sequence[int]) -> None:
    """Its messages wait as before, but for those that have a label of `others`."""
    turned, messages = _turned(entry), cast(list[int], (entry.after or {}).get("messages", []))
    kept = uow.inbox.reading_like([*messages, *(number for number, *_ in turned)], others)
    uow.inbox.set_handled([number for number in messages if number not in kept], False)
    for number, handled, skipped in turned:
        if number not in kept:
            _put_back(uow, number, handled=handled, skipped=skipped)


def _intents_back(uow: UnitOfWork, entry: AuditEntry) -> None:
    """Intents, topics and conflicts are as before."""
    before, after = entry.before or {}, entry.after or {}
    if "proposal" in after:
        uow.proposals.reopen(cast(int, after["proposal"]))
    if entry.action in ("create_intent", "approve_proposal"):
        for example_id in cast(list[int], after.get("added", [])):
            uow.examples.remove(example_id)
        uow.intents.remove(str(after["intent"]))
    if entry.action in INTENTS_BACK:
        INTENTS_BACK[entry.action](uow, entry.subject.removeprefix("intent/"), before, after)
    if entry.action == "both_fine":
        first, second = entry.subject.removeprefix("pair/").split("-")
        uow.opinions.unaccept(first, second)


def _is_overtaken(uow: UnitOfWork, edit: AuditEntry) -> bool:
    """Whether the intent was worded otherwise since."""
    present, after = uow.intents.get(edit.subject.removeprefix("intent/")), edit.after or {}
    return {key: getattr(present, key) for key in after} != after


def _turned(entry: AuditEntry) -> list[tuple[int, bool, bool]]:
    """The messages that it turned one by one, each with whether it was handled and skipped before."""
    before, after = entry.before or {}, entry.after or {}
    if "message" in after:
        return [(cast(int, after["message"]), bool(before["handled"]), bool(before["skipped"]))]
    return cast(list[tuple[int, bool, bool]], before.get("messages", []))


def _unsplit(uow: UnitOfWork, name: str, before: Change, after: Change) -> None:
    for example_id in cast(list[int], after["added"]):
        uow.examples.remove(example_id)
    uow.intents.remove(str(after["intent"]))


def _unedit(uow: UnitOfWork, name: str, before: Change, after: Change) -> None:
    answer = str(before["answer"])
    action = Action(str(before["action"])) if "action" in before else action_with(uow, name, answer)
    description = str(before["description"]) if "description" in before else None
    uow.intents.update(name, title=str(before["title"]), answer=answer, action=action, description=description)


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


def _put_back(uow: UnitOfWork, message_id: int, *, handled: bool, skipped: bool) -> None:
    if not handled:
        uow.conversations.set_handled(message_id, False)
    if not skipped:
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
        return repr(shortened(uow.conversations.message(message_id).text, SHORT))
    except InputError:  # erased since
        return "a message that is no longer kept"
