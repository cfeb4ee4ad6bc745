"""What an operator does with the inbox, as plain functions of the labeling service, without Gradio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from assistant.counting import shortened
from assistant.domain import Intent
from assistant.errors import InputError
from assistant.services.desk.labeling import Labeling
from assistant.services.views import InboxPage, QueueItem, Seen, WorkItem
from assistant.store.inbox import InboxFilter
from ui.desk.attempts import outcome_of
from ui.desk.titles import title_of
from ui.status import NOTHING, Status, gone

NEXT = "Here is the next message."
SHORT = 90  # characters of a message shown in the list
LINE = 38  # characters of the line above it


@dataclass(frozen=True, slots=True)
class View:
    """What one operator looks at: filter, order and page; how many messages were found, which of them are listed, which
    one is open with what label, and what the number keys pick."""

    wanted: InboxFilter = field(default_factory=InboxFilter)
    sort: str = "need"
    number: int = 1
    found: int = 0
    listed: tuple[int, ...] = ()
    opened: int | None = None
    choices: tuple[str, ...] = ()
    label: str | None = None

    @property
    def seen(self) -> Seen:
        return Seen(self.label)


@dataclass(frozen=True, slots=True)
class Desk:
    """The inbox as the operator sees it: one page, and the message that is open."""

    page: InboxPage
    item: WorkItem | None
    intents: tuple[Intent, ...]
    view: View = View()
    status: Status = NOTHING
    retired: tuple[Intent, ...] = ()

    @property
    def items(self) -> tuple[QueueItem, ...]:
        return self.page.items

    @property
    def total(self) -> int:
        return self.page.total

    def title(self, intent: str) -> str:
        """What people call an intent; its name when it is not known any more."""
        return next((known.title for known in (*self.intents, *self.retired) if known.name == intent), intent)

    @property
    def choices(self) -> list[Intent]:
        """What the number keys give the open message."""
        known = {intent.name: intent for intent in self.intents}
        return [known[name] for name in self.view.choices if name in known]

    def predicted_title(self) -> str:
        """What Confirm agrees to; empty when no message is open or no model has seen it."""
        opened = self.item.message_id if self.item else None
        listed = next((item for item in self.items if item.message_id == opened), None)
        return self.title(listed.predicted) if listed and listed.predicted else ""


def open_desk(labeling: Labeling, message_id: int | None = None, status: Status = NOTHING, view: View = View()) -> Desk:
    """Reads the page and opens `message_id`; if it is not listed (any more), the one that was listed after it."""
    page = labeling.inbox(view.wanted, view.sort, view.number)
    listed = tuple(item.message_id for item in page.items)
    chosen = message_id if message_id in listed else _following(message_id, view.listed, listed)
    item = labeling.item(chosen) if chosen is not None else None
    choices, label = (item.choices, item.label) if item else ((), None)
    shown = replace(
        view, number=page.number, found=page.total, listed=listed, opened=chosen, choices=choices, label=label
    )
    told = status if status.text else gone("message", message_id, chosen)
    return Desk(page, item, tuple(labeling.intents()), shown, told, tuple(labeling.retired()))


def _following(message_id: int | None, before: tuple[int, ...], now: tuple[int, ...]) -> int | None:
    """The first message now listed that stood after `message_id` before; otherwise the first one."""
    place = before.index(message_id) if message_id in before else len(before)
    return next((number for number in before[place + 1 :] if number in now), now[0] if now else None)


def confirm(labeling: Labeling, operator: str, message_id: int | None, view: View = View()) -> Desk:
    """Agrees with the assistant's first suggestion."""

    def act(chosen: int) -> str:
        labeling.confirm(chosen, operator, seen=view.seen)
        return f"Confirmed. {NEXT}"

    return _act_on(labeling, message_id, act, view)


def pick(labeling: Labeling, operator: str, message_id: int | None, key: int, view: View) -> Desk:
    """Gives the message the intent that number `key` (from 1) stood for when it was shown."""

    def act(chosen: int) -> str:
        if not 0 < key <= len(view.choices):
            raise InputError(f"There is no choice {key}. Press one of the numbers that are shown.")
        labeling.correct(chosen, view.choices[key - 1], operator, seen=view.seen)
        return f"Labelled “{title_of(labeling, view.choices[key - 1])}”. {NEXT}"

    return _act_on(labeling, message_id, act, view)


def correct(labeling: Labeling, operator: str, message_id: int | None, intent: str | None, view: View = View()) -> Desk:
    """Gives the message another intent."""

    def act(chosen: int) -> str:
        if not intent:
            raise InputError("No intent is chosen. Pick one from the list first.")
        labeling.correct(chosen, intent, operator, seen=view.seen)
        return f"Corrected to “{title_of(labeling, intent)}”. {NEXT}"

    return _act_on(labeling, message_id, act, view)


def reject(labeling: Labeling, operator: str, message_id: int | None, view: View = View()) -> Desk:
    """Says that the message has none of the intents."""

    def act(chosen: int) -> str:
        labeling.reject(chosen, operator, seen=view.seen)
        return f"Labelled “Out of scope”. {NEXT}"

    return _act_on(labeling, message_id, act, view)


def create_intent(
    labeling: Labeling, operator: str, message_id: int | None, intent: Intent, view: View = View()
) -> Desk:
    """Adds an intent and, when a message is open, gives it to that message."""

    def act() -> str:
        if not intent.title.strip() or not intent.answer.strip():
            raise InputError("A new intent needs a title and an answer. Please fill in both.")
        labeling.create_intent(intent, message_id, operator, seen=view.seen)
        return f"The intent “{intent.title}” was added" + ("." if message_id is None else " with this message.")

    return _after(labeling, message_id, act, view)


def skip(labeling: Labeling, operator: str, message_id: int | None, view: View = View()) -> Desk:
    """Leaves the message without a label."""

    def act(chosen: int) -> str:
        labeling.skip(chosen, operator)
        return f"Skipped. {NEXT}"

    return _act_on(labeling, message_id, act, view)


def undo(labeling: Labeling, operator: str, message_id: int | None, view: View = View()) -> Desk:
    """Takes back this operator's latest action."""
    return open_desk(labeling, message_id, outcome_of(lambda: f"Undone: {labeling.undo(operator)}"), view)


def _act_on(labeling: Labeling, message_id: int | None, act: Callable[[int], str], view: View) -> Desk:
    def checked() -> str:
        if message_id is None:
            raise InputError("No message is open. Pick one from the list first.")
        if view.opened not in (message_id, None):  # a key that was pressed before the next message was seen
            raise InputError("That was meant for the message before this one; nothing was changed. Please look again.")
        return act(message_id)

    return _after(labeling, message_id, checked, view)


def _after(labeling: Labeling, message_id: int | None, act: Callable[[], str], view: View) -> Desk:
    """Runs `act` and shows the inbox as it is then, with a line saying what happened."""
    status = outcome_of(act)
    if status.is_problem:
        return open_desk(labeling, message_id, status, view)
    # A message that stays listed (under another filter) was dealt with: the next one is wanted then too.
    return open_desk(labeling, _after_it(message_id, view), status, view)


def _after_it(message_id: int | None, view: View) -> int | None:
    place = view.listed.index(message_id) + 1 if message_id in view.listed else 0
    return view.listed[place] if place < len(view.listed) else None


def list_label(desk: Desk, item: QueueItem) -> str:
    """Two lines for the list: why the message is there and what label it has, and the message, shortened."""
    label = f" · {desk.title(item.label)}" if item.label else ""
    why = f"{item.reason[:1].upper()}{item.reason[1:]}{label}"
    return f"{shortened(why, LINE)}\n{shortened(' '.join(item.text.split()), SHORT)}"
