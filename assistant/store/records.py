"""What the store hands out beside the domain's words: frozen copies, usable after their transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from assistant.domain import ConversationState, Decision, Example, Language, Score, Signal


@dataclass(frozen=True, slots=True)
class Conversation:
    """`failures` counts the consecutive times the assistant did not help; `operator` has taken over."""

    id: str
    created_at: datetime
    state: ConversationState
    failures: int
    language: Language = Language.ENGLISH
    operator: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a list of conversations tells of a turn; see `Message`."""

    role: str
    text: str
    created_at: datetime
    decision: Decision | None
    operator: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """One turn; `role` is user or bot.

    On a user's turn `scores` is what the model said, best first, and `threshold` the confidence it
    needed; on the bot's turn `scores` are the intents it offered, and `operator` is the person who wrote
    it, if one did. `version` is null for silent turns.
    `instant` is the pending example that decided in the model's place; `labeling_value` in [0, 1] is how much
    a label would teach, once somebody has computed it.
    `outside_score` tells how little the text resembled anything learned, null where the version could not tell.
    """

    id: int
    conversation_id: str
    role: str
    text: str
    created_at: datetime
    embedding: bytes | None = field(repr=False)
    encoder: str | None
    scores: tuple[Score, ...]
    confidence: float | None
    threshold: float | None
    decision: Decision | None
    intent: str | None
    version: str | None
    reply_to: int | None
    signals: frozenset[Signal]
    attention: int | None
    skipped_at: datetime | None
    handled_at: datetime | None
    operator: str | None = None
    instant: int | None = None
    labeling_value: float | None = None
    outside_score: float | None = None

    @property
    def predicted(self) -> str | None:
        """The intent acted on, else the model's first guess; None when no model saw the message."""
        return self.intent or (self.scores[0].intent if self.scores else None)

    @property
    def is_answer(self) -> bool:
        """Did the bot give an intent's answer in this turn?"""
        return self.role == "bot" and self.decision is Decision.ANSWER


@dataclass(frozen=True, slots=True)
class Placed:
    """What adding examples did: ids of new rows, ids of rows they replaced, ids of rows already there."""

    added: tuple[int, ...]
    superseded: tuple[int, ...]
    kept: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PendingLabel:
    """An operator's label that holds beside the live version, with the embedding its message was logged with."""

    example: Example
    embedding: bytes | None = field(repr=False)
    encoder: str | None


@dataclass(frozen=True, slots=True)
class DriftScore:
    """One monitor on one window of a version's messages; usual is what lies from `low` to `high`."""

    version: str
    monitor: str
    first_message: int
    last_message: int
    score: float
    low: float
    high: float

    @property
    def outside(self) -> bool:
        """Whether the window is unlike what the version was published with."""
        return not self.low <= self.score <= self.high


@dataclass(frozen=True, slots=True)
class Operator:
    name: str
    password_hash: str = field(repr=False)
    role: str
    failures: int
    failures_until: datetime | None
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Session:
    operator: str
    role: str
    csrf: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: dict[str, object] | None
    after: dict[str, object] | None
