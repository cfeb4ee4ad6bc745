"""What the services hand to the surfaces: frozen, complete, and without a trace of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from assistant.domain import ConversationState, Language, Neighbour, Score


@dataclass(frozen=True, slots=True)
class Option:
    """A button under a question; `intent` None means none of these."""

    intent: str | None
    label: str


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """`options` are there while a question waits for a choice; `can_rate` on an answer nobody rated.

    `suggestions` are related questions under the latest answer; `is_answer` marks an intent's answer and
    `by_person` what a colleague wrote.
    """

    message_id: int
    role: Literal["user", "assistant"]
    text: str
    options: tuple[Option, ...] = ()
    can_rate: bool = False
    suggestions: tuple[Option, ...] = ()
    is_answer: bool = False
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class ChatView:
    """A whole conversation, oldest turn first."""

    conversation_id: str
    state: ConversationState
    turns: tuple[ChatTurn, ...]
    language: Language = Language.ENGLISH


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One line of the operators' queue; `reason` is plain English."""

    message_id: int
    text: str
    reason: str
    predicted: str | None
    confidence: float | None
    created_at: datetime
    label: str | None = None


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page of the inbox; pages count from 1. `total` stops at a limit when `is_more` says that there are more."""

    items: tuple[QueueItem, ...]
    number: int
    pages: int
    total: int
    is_more: bool = False


@dataclass(frozen=True, slots=True)
class WorkItem:
    """All that is needed to label one message. `label` is the intent its text has now, if any.

    `comment` is what the customer said they wanted when they rated the answer. `why` says in sentences why the message
    is in the queue. `choices` are the intents that one key picks: the
    suggestions first, then what the neighbours carry besides.
    """

    message_id: int
    text: str
    reason: str
    conversation: tuple[ChatTurn, ...]
    suggestions: tuple[Score, ...]
    neighbours: tuple[Neighbour, ...]
    label: str | None
    why: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """The label that an operator saw a message have when they decided, if any."""

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
    """Rows that became new examples, that changed a label, and that were there already; the intents that labels of the
    file were taken for, by label where the two differ; and those that were created."""

    added: int
    relabelled: int
    unchanged: int
    taken_for: Mapping[str, str] = field(default_factory=dict)
    created: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session. The token is handed out once and kept by nobody else; only its hash is stored."""

    token: str = field(repr=False)
    csrf: str = field(repr=False)
    name: str
    role: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account at the desk."""

    name: str
    role: str
    is_removed: bool
