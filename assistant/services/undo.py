"""Undoing an operator's latest action from what the audit log says it changed."""

from __future__ import annotations

from typing import cast

from assistant.errors import InputError
from assistant.store import AuditEntry, UnitOfWork

PROPOSALS = {"approve_proposal": "approval", "merge_proposal": "merge", "dismiss_proposal": "dismissal"}
UNDOABLE = ("confirm", "correct", "create_intent", "skip", "import", *PROPOSALS)


def undo_latest(uow: UnitOfWork, operator: str) -> str:
    """Undo it and say so. Raises InputError when nothing stands, or when it cannot be undone any more."""
    entry = uow.audit.latest_standing(operator, UNDOABLE)
    if entry is None:
        raise InputError("there is nothing to undo")
    before, after = entry.before or {}, entry.after or {}
    added = cast(list[int], after.get("added", []))
    uow.examples.undo_many(added)
    uow.examples.restore_many(cast(list[int], before.get("superseded", [])))
    if "proposal" in after:
        uow.proposals.reopen(cast(int, after["proposal"]))
    if entry.action in ("create_intent", "approve_proposal"):
        for example_id in added:
            uow.examples.remove(example_id)
        uow.intents.remove(str(after["intent"]))
    if "message" in after:
        _put_back(uow, cast(int, after["message"]), before)
    for message_id, handled, skipped in cast(list[tuple[int, bool, bool]], before.get("messages", [])):
        _put_back(uow, message_id, {"handled": handled, "skipped": skipped})
    uow.audit.add_undo(operator, entry)
    return _described(uow, entry)


def _put_back(uow: UnitOfWork, message_id: int, before: dict[str, object]) -> None:
    if not before["handled"]:
        uow.conversations.set_handled(message_id, False)
    if not before["skipped"]:
        uow.conversations.set_skipped(message_id, False)


def _described(uow: UnitOfWork, entry: AuditEntry) -> str:
    after = entry.after or {}
    if entry.action == "import":
        return f"import of {after['rows']} rows undone"
    if entry.action in PROPOSALS:
        what = {"approve_proposal": "approval", "merge_proposal": "merge", "dismiss_proposal": "dismissal"}[
            entry.action
        ]
        return f"{what} of proposal {after['proposal']} undone"
    if entry.action == "create_intent":
        return f"new intent {after['intent']!r} removed"
    text = _shortened(uow.conversations.message(cast(int, after["message"])).text)
    if entry.action == "skip":
        return f"{text!r} is back in the queue"
    return f"label {after['intent']!r} of {text!r} undone"


def _shortened(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
