"""What the hand-over shows to operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assistant.domain import Language


@dataclass(frozen=True, slots=True)
class Waiting:
    """One customer who waits for a person. `text` is what they wrote last, empty if nothing yet.

    `since` is when the wait began, the last turn of theirs that no person has answered; `operator` has taken over.
    """

    conversation_id: str
    since: datetime
    text: str
    is_unanswered: bool
    operator: str | None


@dataclass(frozen=True, slots=True)
class TalkTurn:
    """One turn; `author` is Customer, Assistant or an operator's name, `comment` what the customer said of a reply."""

    author: str
    text: str
    at: datetime
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """A whole conversation, oldest turn first."""

    conversation_id: str
    is_waiting: bool
    operator: str | None
    language: Language
    turns: tuple[TalkTurn, ...]
