"""What an operator does with conversations that wait for a person, as plain functions, without Gradio."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from html import escape

from assistant.counting import shortened
from assistant.domain import Language
from assistant.errors import InputError
from assistant.services.conversation.handover import Handover
from assistant.services.conversation.handover_views import Talk, TalkTurn, Waiting
from ui.desk.attempts import attempt, outcome_of
from ui.status import NOTHING, Status

SPOKEN = {
    Language.ENGLISH: "English",
    Language.CHINESE: "Chinese",
    Language.GERMAN: "German",
    Language.FRENCH: "French",
    Language.SPANISH: "Spanish",
}
SHORT = 70  # characters of a message shown in the list
KEPT = 20  # conversations listed for what was not sent in them


@dataclass(frozen=True, slots=True)
class Room:
    """Who waits, and the conversation that is open; `is_sent` when what stood in the reply box has been said."""

    operator: str
    waiting: tuple[Waiting, ...]
    talk: Talk | None
    status: Status = NOTHING
    is_sent: bool = False
    kept: tuple[Talk, ...] = ()  # in which nobody waits any more, but something typed was not sent

    @property
    def is_mine(self) -> bool:
        return self.talk is not None and self.talk.is_waiting and self.talk.operator == self.operator

    @property
    def can_take(self) -> bool:
        return self.talk is not None and self.talk.is_waiting and not self.is_mine

    @property
    def is_over(self) -> bool:
        """Whether nobody waits any more in the conversation that is open."""
        return self.talk is not None and not self.talk.is_waiting

    def said(self) -> str | None:
        """What the operator said last, if nobody has said anything since."""
        last = self.talk.turns[-1] if self.talk and self.talk.turns else None
        return last.text if last and last.author == self.operator else None

    def take_label(self) -> str:
        """Taking a conversation from a colleague says so."""
        holder = self.talk.operator if self.talk else None
        return f"Take over from {holder}" if holder else "Take over"


def with_kept(room: Room, handover: Handover, kept: str) -> Room:
    """Lists the conversations with a reply that was not sent, which the page names: their customers may have left."""
    listed = {each.conversation_id for each in room.waiting} | {room.talk.conversation_id if room.talk else ""}
    named = [each for each in kept.split()[:KEPT] if each not in listed]
    found = (attempt(partial(handover.talk, each)) for each in named)
    return replace(room, kept=tuple(talk for talk in found if isinstance(talk, Talk)))


def open_room(handover: Handover, operator: str, conversation_id: str | None, status: Status = NOTHING) -> Room:
    """Reads who waits and opens `conversation_id`, or the first of them where it is None.

    A conversation stays open when nobody waits in it any more: another one in its place would be written to by mistake.
    """
    waiting = tuple(handover.waiting())
    chosen = conversation_id or next((each.conversation_id for each in waiting), None)
    return Room(operator, waiting, handover.talk(chosen) if chosen else None, status)


def take_over(handover: Handover, operator: str, conversation_id: str | None, instead_of: str | None) -> Room:
    """The conversation becomes the operator's; `instead_of` is whose it was when they pressed."""

    def act(chosen: str) -> str:
        handover.take_over(chosen, operator, instead_of=instead_of)
        return "This conversation is yours now. The customer reads what you write."

    return _act_on(handover, operator, conversation_id, act)


def reply(handover: Handover, operator: str, conversation_id: str | None, text: str, written_for: str | None) -> Room:
    """Says `text` to the customer, if it was written for them; a refused text stays in the box."""

    def act(chosen: str) -> str:
        if chosen != written_for:
            raise InputError("That was typed for another customer; nothing was sent. It waits in their conversation.")
        handover.reply(chosen, text, operator)
        return "Sent."

    room = _act_on(handover, operator, conversation_id, act)
    return replace(room, is_sent=not room.status.is_problem)


def hand_back(handover: Handover, operator: str, conversation_id: str | None) -> Room:
    """The assistant answers the customer again, and the conversation that waits longest is open."""

    def act(chosen: str) -> str:
        handover.hand_back(chosen, operator)
        return "Handed back: the assistant answers this customer again."

    room = _act_on(handover, operator, conversation_id, act)
    return room if room.status.is_problem else open_room(handover, operator, None, room.status)


def _act_on(handover: Handover, operator: str, conversation_id: str | None, act: Callable[[str], str]) -> Room:
    def checked() -> str:
        if not conversation_id:
            raise InputError("No conversation is open. Pick one from the list first.")
        return act(conversation_id)

    return open_room(handover, operator, conversation_id, outcome_of(checked))


def tab_label(room: Room) -> str:
    """With the number of customers who wait for an answer."""
    count = sum(each.is_unanswered for each in room.waiting)
    return f"Conversations ({count})" if count else "Conversations"


def list_label(waiting: Waiting, now: datetime) -> str:
    """Two lines for the list: how long the customer waits and with whom, and what they wrote last, shortened."""
    state = f"Waits {_how_long(now - waiting.since)}" if waiting.is_unanswered else "Answered"
    whose = f" · {waiting.operator}" if waiting.operator else ""
    text = " ".join(waiting.text.split()) or "Asked for a person"
    return f"{state}{whose}\n{shortened(text, SHORT)}"


def over_label(talk: Talk, remark: str = "") -> str:
    """The same for a conversation in which nobody waits any more."""
    said = next((" ".join(turn.text.split()) for turn in reversed(talk.turns) if turn.author == "Customer"), "")
    return f"Over{remark and f' · {remark}'}\n{shortened(said, SHORT) or 'Asked for a person'}"


def _how_long(time: timedelta) -> str:
    minutes = max(0, int(time.total_seconds() // 60))
    if minutes < 1:
        return "less than a minute"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


def facts(room: Room, is_unsent: bool) -> str:
    """What to know before one writes, or of what was typed and not sent, as HTML."""
    talk = room.talk
    if talk is None:
        return ""
    if not talk.is_waiting:
        return (
            '<p class="facts over" role="status">Nobody waits here any more: the customer has left, or the assistant'
            " answers them again. What you typed was not sent.</p>"
        )
    if is_unsent and not room.is_mine:
        whose = escape(talk.operator or "Nobody")
        told = f"{whose} has this conversation now. What you typed was not sent."
        return f'<p class="facts over" role="status">{told}</p>'
    return f'<p class="facts">Reads the chat in {SPOKEN[talk.language]}</p>'


def transcript(talk: Talk | None) -> str:
    """The conversation as HTML; all that people wrote is escaped and shows as plain text."""
    if talk is None:
        return '<div class="empty"><h2>Nobody waits</h2><p>Customers who ask for a person appear here.</p></div>'
    return f'<ol class="turns talk">{"".join(_turn(turn) for turn in talk.turns)}</ol>'


def _turn(turn: TalkTurn) -> str:
    said = f"<small>They wanted: {escape(turn.comment)}</small>" if turn.comment else ""
    return f"<li><b>{escape(turn.author)}</b><span>{escape(turn.text)}</span>{said}</li>"
