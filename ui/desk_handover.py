"""What an operator does with conversations that wait for a person, as plain functions, without Gradio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

from assistant.dialogue.languages import Language
from assistant.errors import InputError
from assistant.services.handover import Handover
from assistant.services.handover_views import Talk, TalkTurn, Waiting
from ui.attempts import attempt
from ui.status import NOTHING, Status

SPOKEN = {Language.ENGLISH: "English", Language.CHINESE: "Chinese"}
SHORT = 70  # characters of a message shown in the list


@dataclass(frozen=True, slots=True)
class Room:
    """Who waits, and the conversation that is open. `draft` goes into the reply box; None leaves the box alone."""

    operator: str
    waiting: tuple[Waiting, ...]
    talk: Talk | None
    status: Status = NOTHING
    draft: str | None = None

    @property
    def is_mine(self) -> bool:
        return self.talk is not None and self.talk.is_waiting and self.talk.operator == self.operator

    @property
    def can_take(self) -> bool:
        return self.talk is not None and self.talk.is_waiting and not self.is_mine

    def take_label(self) -> str:
        """Taking a conversation from a colleague says so."""
        holder = self.talk.operator if self.talk else None
        return f"Take over from {holder}" if holder else "Take over"


def open_room(handover: Handover, operator: str, conversation_id: str | None, status: Status = NOTHING) -> Room:
    """Reads who waits and opens `conversation_id` while somebody waits there, otherwise the first of them."""
    waiting = tuple(handover.waiting())
    listed = [each.conversation_id for each in waiting]
    chosen = conversation_id if conversation_id in listed else next(iter(listed), None)
    return Room(operator, waiting, handover.talk(chosen) if chosen else None, status)


def take_over(handover: Handover, operator: str, conversation_id: str | None, instead_of: str | None) -> Room:
    """The conversation becomes the operator's; `instead_of` is whose it was when they pressed."""

    def act(chosen: str) -> str:
        handover.take_over(chosen, operator, instead_of=instead_of)
        return "This conversation is yours now. The customer reads what you write."

    return _act_on(handover, operator, conversation_id, act)


def reply(handover: Handover, operator: str, conversation_id: str | None, text: str) -> Room:
    """Says `text` to the customer; a refused text stays in the box."""

    def act(chosen: str) -> str:
        handover.reply(chosen, text, operator)
        return "Sent."

    return _act_on(handover, operator, conversation_id, act, text)


def hand_back(handover: Handover, operator: str, conversation_id: str | None) -> Room:
    """The assistant answers the customer again."""

    def act(chosen: str) -> str:
        handover.hand_back(chosen, operator)
        return "Handed back: the assistant answers this customer again."

    return _act_on(handover, operator, conversation_id, act)


def _act_on(
    handover: Handover, operator: str, conversation_id: str | None, act: Callable[[str], str], text: str = ""
) -> Room:
    def checked() -> str:
        if not conversation_id:
            raise InputError("No conversation is open. Pick one from the list first.")
        return act(conversation_id)

    done = attempt(checked)
    failed = isinstance(done, Status)
    room = open_room(handover, operator, conversation_id, done if isinstance(done, Status) else Status(done))
    return Room(room.operator, room.waiting, room.talk, room.status, text if failed else "")


def tab_label(room: Room) -> str:
    """With the number of customers who wait for an answer."""
    count = sum(each.is_unanswered for each in room.waiting)
    return f"Conversations ({count})" if count else "Conversations"


def list_label(waiting: Waiting, now: datetime) -> str:
    """Two lines for the list: how long the customer waits and with whom, and what they wrote last, shortened."""
    state = f"Waits {_how_long(now - waiting.since)}" if waiting.is_unanswered else "Answered"
    whose = f" · {waiting.operator}" if waiting.operator else ""
    text = " ".join(waiting.text.split()) or "Asked for a person"
    short = text if len(text) <= SHORT else text[: SHORT - 1].rstrip() + "…"
    return f"{state}{whose}\n{short}"


def _how_long(time: timedelta) -> str:
    minutes = max(0, int(time.total_seconds() // 60))
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


def transcript(talk: Talk | None) -> str:
    """The conversation as HTML; all that people wrote is escaped and shows as plain text."""
    if talk is None:
        return '<div class="empty"><h2>Nobody waits</h2><p>Customers who ask for a person appear here.</p></div>'
    turns = "".join(_turn(turn) for turn in talk.turns)
    return f'<p class="facts">Reads the chat in {SPOKEN[talk.language]}</p><ol class="turns talk">{turns}</ol>'


def _turn(turn: TalkTurn) -> str:
    said = f"<small>They wanted: {escape(turn.comment)}</small>" if turn.comment else ""
    return f"<li><b>{escape(turn.author)}</b><span>{escape(turn.text)}</span>{said}</li>"
