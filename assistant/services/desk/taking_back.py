"""Taking back the labels of an action, and none that a colleague has given too, or has changed since."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from assistant.services.intents.bringing_back import put_back
from assistant.store import AuditEntry, UnitOfWork

# What somebody has changed of their labels since stays, and the rest is undone.
LABELS = ("confirm", "correct", "create_intent", "settle", "bulk", "import", "approve_proposal", "merge_proposal")


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Ids of labels: those that had been replaced, and come back; those that the action gave and that somebody has
    replaced since or, by `givers`, given too; and those that were there before it, given once more, and stay."""

    back: list[int]
    others: list[int]
    givers: Mapping[int, str] = field(default_factory=dict)
    before: Sequence[int] = ()

    def left(self, uow: UnitOfWork, titles: Mapping[str, str]) -> str:
        """Which labels stay, as the end of a line; empty for none."""
        told = [
            _told(uow, titles, self.others, self.givers, "since", "that a colleague has labelled since"),
            _told(uow, titles, self.before, {}, "before", "that had it before"),
        ]
        return "".join(told)


def take_back(uow: UnitOfWork, entry: AuditEntry) -> TakenBack:
    """Takes back the labels that it gave, and those that it gave too where whoever gave them first has taken theirs
    back. Raises InputError when the live version has learned one."""
    too = {*_ids(entry, "kept")}
    released = _released(uow, entry, too)
    given = [*_ids(entry, "added"), *released]
    standing = {*uow.examples.standing(given)} if entry.action in LABELS else {*given}
    givers = _givers(uow, min([entry.id, *released.values()]), standing, but=[entry.actor])
    uow.examples.undo_many([number for number in given if number in standing and number not in givers])
    back = _replaced(uow, entry, given, too)
    # A return that is undone leaves its rows as forgotten as they were; any other label was another intent's.
    put_back(uow, uow.examples.without_label(back), replaced=[] if entry.action == "restore" else given)
    if released or back != (entry.before or {}).get("superseded", []):
        uow.inbox.wait_again(given)
    others = [number for number in given if number not in standing or number in givers]
    return TakenBack(back, others, givers, uow.examples.standing([number for number in too if number not in released]))


def _ids(entry: AuditEntry, name: str) -> list[int]:
    return cast(list[int], (entry.after or {}).get(name, []))


def _released(uow: UnitOfWork, entry: AuditEntry, too: Collection[int]) -> dict[int, int]:
    """Those of the labels given `too` that were taken back since by who gave them first, in what entry."""
    undone = uow.audit.undos_after(entry.id) if too else []
    return {number: _meant(undo) for undo in undone for number in _undone(undo) if number in too}


def _undone(undo: AuditEntry) -> list[int]:
    return cast(list[int], (undo.before or {}).get("added", []))


def _meant(undo: AuditEntry) -> int:
    return int(undo.subject.removeprefix("audit/"))


def _givers(uow: UnitOfWork, since: int, labels: Collection[int], but: Collection[str]) -> dict[int, str]:
    """Who else gave one of the labels too, after the entry `since`, and has not taken that back."""
    later = uow.audit.standing_after(since, LABELS) if labels else []
    return {
        number: entry.actor
        for entry in later
        if entry.actor not in but
        for number in _ids(entry, "kept")
        if number in labels
    }


def _replaced(uow: UnitOfWork, entry: AuditEntry, given: Sequence[int], too: Collection[int]) -> list[int]:
    """The labels that come back. One that its giver has taken back since, and nobody else gave, gives way to what that
    had replaced."""
    back = [*cast(list[int], (entry.before or {}).get("superseded", [])), *too]
    for undo in uow.audit.undos_after(entry.id):
        taken = {*_undone(undo)} & {*back}
        taken -= _givers(uow, _meant(undo), taken, but=[undo.actor, entry.actor]).keys()
        if taken:
            earlier = cast(list[int], (undo.after or {}).get("superseded", []))
            back = [number for number in (*back, *uow.examples.like(earlier, given)) if number not in taken]
    return [number for number in back if number not in too]


def _told(
    uow: UnitOfWork,
    titles: Mapping[str, str],
    labels: Sequence[int],
    givers: Mapping[int, str],
    when: str,
    of_many: str,
) -> str:
    if len(labels) != 1:
        return f", but for {len(labels):,} {of_many}" if labels else ""
    stays = uow.examples.active_for(uow.examples.get(labels[0]).text)
    if stays is None:
        return ""
    return (
        f"; “{titles.get(stays.intent, stays.intent)}”, given by {givers.get(labels[0], stays.operator)} {when}, stays"
    )
