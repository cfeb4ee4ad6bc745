"""What an operator does with the queue, as plain functions of the labeling service, without Gradio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from assistant.domain import Intent
from assistant.errors import InputError
from assistant.services.labeling import Labeling
from assistant.services.views import QueueItem, WorkItem
from ui.attempts import attempt
from ui.status import NOTHING, Status

PAGE_SIZE = 50
NEXT = "Here is the next message."
SHORT = 90  # characters of a message shown in the list


@dataclass(frozen=True, slots=True)
class Desk:
    """The queue as the operator sees it: the first messages by need, and the one that is open."""

    items: tuple[QueueItem, ...]
    total: int
    item: WorkItem | None
    intents: tuple[Intent, ...]
    status: Status = NOTHING

    def title(self, intent: str) -> str:
        """What people call an intent; its name when it is not known any more."""
        return next((known.title for known in self.intents if known.name == intent), intent)

    def predicted_title(self) -> str:
        """What Confirm agrees to; empty when no message is open or no model has seen it."""
        opened = self.item.message_id if self.item else None
        listed = next((item for item in self.items if item.message_id == opened), None)
        return self.title(listed.predicted) if listed and listed.predicted else ""


def open_desk(labeling: Labeling, message_id: int | None = None, status: Status = NOTHING) -> Desk:
    """Reads the queue and opens `message_id` while it is listed, otherwise the most pressing message."""
    items = tuple(labeling.queue(limit=PAGE_SIZE))
    listed = {item.message_id for item in items}
    chosen = message_id if message_id in listed else next((item.message_id for item in items), None)
    item = labeling.item(chosen) if chosen is not None else None
    return Desk(items, labeling.count(), item, tuple(labeling.intents()), status)


def confirm(labeling: Labeling, operator: str, message_id: int | None) -> Desk:
    """Agrees with the assistant's first suggestion."""

    def act(chosen: int) -> str:
        labeling.confirm(chosen, operator)
        return f"Confirmed. {NEXT}"

    return _act_on(labeling, message_id, act)


def correct(labeling: Labeling, operator: str, message_id: int | None, intent: str | None) -> Desk:
    """Gives the message another intent."""

    def act(chosen: int) -> str:
        if not intent:
            raise InputError("No intent is chosen. Pick one from the list first.")
        labeling.correct(chosen, intent, operator)
        return f"Corrected to “{intent}”. {NEXT}"

    return _act_on(labeling, message_id, act)


def create_intent(labeling: Labeling, operator: str, message_id: int | None, intent: Intent) -> Desk:
    """Adds an intent and, when a message is open, gives it to that message."""

    def act() -> str:
        if not intent.title.strip() or not intent.answer.strip():
            raise InputError("A new intent needs a title and an answer. Please fill in both.")
        labeling.create_intent(intent, message_id, operator)
        return f"The intent “{intent.name}” was added" + ("." if message_id is None else " with this message.")

    return _after(labeling, message_id, act)


def skip(labeling: Labeling, operator: str, message_id: int | None) -> Desk:
    """Leaves the message without a label."""

    def act(chosen: int) -> str:
        labeling.skip(chosen, operator)
        return f"Skipped. {NEXT}"

    return _act_on(labeling, message_id, act)


def undo(labeling: Labeling, operator: str, message_id: int | None) -> Desk:
    """Takes back this operator's latest action."""
    return _after(labeling, message_id, lambda: f"Undone: {labeling.undo(operator)}")


def _act_on(labeling: Labeling, message_id: int | None, act: Callable[[int], str]) -> Desk:
    def checked() -> str:
        if message_id is None:
            raise InputError("No message is open. Pick one from the list first.")
        return act(message_id)

    return _after(labeling, message_id, checked)


def _after(labeling: Labeling, message_id: int | None, act: Callable[[], str]) -> Desk:
    """Runs `act` and shows the queue as it is then, with a line saying what happened."""
    done = attempt(act)
    return open_desk(labeling, message_id, done if isinstance(done, Status) else Status(done))


def list_label(item: QueueItem) -> str:
    """Two lines for the list: why the message is there, and the message, shortened."""
    text = " ".join(item.text.split())
    short = text if len(text) <= SHORT else text[: SHORT - 1].rstrip() + "…"
    return f"{item.reason[:1].upper()}{item.reason[1:]}\n{short}"
