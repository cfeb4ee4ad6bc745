"""The words everyone shares. Standard library only, no behaviour beyond keeping itself consistent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class LabelledText:
    """One message and the intent a person gave it."""

    text: str
    intent: str


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The intents of a model in the order of its output rows. Append-only: a row never moves."""

    intents: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.intents)) != len(self.intents):
            raise ValueError(f"an intent appears twice in the label set: {self.intents}")

    def extended(self, intents: Iterable[str]) -> LabelSet:
        """This set followed by those of `intents` that it lacks, in the order they are first met."""
        known = set(self.intents)
        return LabelSet(self.intents + tuple(dict.fromkeys(i for i in intents if i not in known)))

    def index(self, intent: str) -> int:
        """The output row of `intent`. Raises ValueError when the model does not know it."""
        return self.intents.index(intent)

    def __len__(self) -> int:
        return len(self.intents)

    def __iter__(self) -> Iterator[str]:
        return iter(self.intents)

    def __contains__(self, intent: object) -> bool:
        return intent in self.intents


@dataclass(frozen=True, slots=True)
class Score:
    """One intent and its calibrated probability in [0, 1]."""

    intent: str
    probability: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of one text.

    `ranked` is sorted by falling probability, given that the text has one of the intents; `embedding` holds
    little-endian float32 values. `outside_score` tells how little the text resembles anything learned (the higher, the
    less), `outside` is the probability in [0, 1] that it has none of the intents; None where the version cannot tell.
    """

    text: str
    ranked: tuple[Score, ...]
    embedding: bytes = field(repr=False)
    outside_score: float | None = None
    outside: float | None = None

    @property
    def intent(self) -> str:
        return self.ranked[0].intent

    @property
    def confidence(self) -> float:
        return self.ranked[0].probability


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A learned text close to another one; `similarity` is the cosine, in [-1, 1]."""

    text: str
    intent: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Fitted with the version, never typed in. The first versions know `answer` alone; the others are then None.

    `answer` is the confidence in [0, 1] from which a version is sure of the intent; `plausible` the probability from
    which an intent is worth asking about; `outside` the score from which a message probably has none of the intents.
    """

    answer: float
    plausible: float | None = None
    outside: float | None = None


class Language(StrEnum):
    """By the tag that browsers use. Which of them a shop's chat speaks is in its settings."""

    ENGLISH = "en"
    CHINESE = "zh-CN"
    GERMAN = "de"
    FRENCH = "fr"
    SPANISH = "es"


class Decision(StrEnum):
    """What the assistant did with a message."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    HAND_OVER = "hand_over"
    SILENT = "silent"  # a person has taken over: the message is logged and the bot says nothing
    CHOSEN = "chosen"  # the customer picked one of the offered intents


class Signal(StrEnum):
    """What a customer let us know about an answer. Signals order the operators' queue; they never train."""

    THUMBS_UP = "thumbs_up"
    THUMBS_DOWN = "thumbs_down"
    NOT_MEANT = "not_meant"
    HAND_OVER = "hand_over"


class ConversationState(StrEnum):
    BOT = "bot"
    WAITING = "waiting"  # for a person


class Split(StrEnum):
    TRAIN = "train"
    HOLDOUT = "holdout"


# The label of messages that have none of the intents. The desk makes an intent of this name; its rows are not
# learned as one: they tell the version what to take for out of scope.
OUT_OF_SCOPE = "out_of_scope"


class Action(StrEnum):
    """What recognising an intent leads to."""

    ANSWER = "answer"
    HAND_OVER = "hand_over"


@dataclass(frozen=True, slots=True)
class Intent:
    """What an operator maintains about one intent; `title` labels buttons, `answer` is shown to customers, and
    `description` tells operators which messages it is for."""

    name: str
    title: str
    answer: str
    description: str = ""
    action: Action = Action.ANSWER

    @property
    def intended(self) -> Action:
        """What it leads to once it has an answer; without one it hands over meanwhile."""
        return self.action if self.answer.strip() else Action.ANSWER


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled text in the store. `message_id` is the customer's message that it was, None for imported ones."""

    id: int
    text: str
    intent: str
    split: Split
    source: str
    operator: str
    created_at: datetime
    message_id: int | None = None

    def labelled(self) -> LabelledText:
        return LabelledText(self.text, self.intent)


@dataclass(frozen=True, slots=True)
class Version:
    """A published or held model folder. `state` is `ready` (may go live) or `refused`."""

    id: str
    parent: str | None
    created_at: datetime
    state: str
    encoder: str
    manifest_sha256: str
    report: dict[str, object]


@dataclass(frozen=True, slots=True)
class Publication:
    """One change of the live version: who, when, from, to, why. `kind` is publish or rollback."""

    at: datetime
    actor: str
    kind: str
    from_version: str | None
    to_version: str
    reason: str
