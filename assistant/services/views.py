"""What the services hand to the surfaces: frozen, complete, and without a trace of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from assistant.domain import ConversationState, Neighbour, Score


@dataclass(frozen=True, slots=True)
class Option:
    """A button under a question; `intent` None means none of these."""

    intent: str | None
    label: str


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """`options` are there while a question waits for a choice; `can_rate` on an answer nobody rated."""

    message_id: int
    role: Literal["user", "assistant"]
    text: str
    options: tuple[Option, ...] = ()
    can_rate: bool = False


@dataclass(frozen=True, slots=True)
class ChatView:
    """A whole conversation, oldest turn first."""

    conversation_id: str
    state: ConversationState
    turns: tuple[ChatTurn, ...]


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One line of the operators' queue; `reason` is plain English."""

    message_id: int
    text: str
    reason: str
    predicted: str | None
    confidence: float | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WorkItem:
    """All that is needed to label one message. `label` is the intent its text has now, if any."""

    message_id: int
    text: str
    reason: str
    conversation: tuple[ChatTurn, ...]
    suggestions: tuple[Score, ...]
    neighbours: tuple[Neighbour, ...]
    label: str | None


@dataclass(frozen=True, slots=True)
class InstantItem:
    """A correction that holds before a version has learned it; `used` counts the messages it has decided about."""

    example: int
    text: str
    intent: str
    operator: str
    created_at: datetime
    used: int


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """Rows that became new examples, that changed a label, and that were there already."""

    added: int
    relabelled: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session. The token is handed out once and kept by nobody else; only its hash is stored."""

    token: str = field(repr=False)
    csrf: str = field(repr=False)
    name: str
    role: str
    expires_at: datetime
