"""How long a page of the inbox takes: filters and orders on a database of messages made for it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

from assistant.domain import Decision, Intent, LabelledText, Prediction, Score, Signal, Thresholds
from assistant.errors import AssistantError
from assistant.services.desk.labeling import Labeling
from assistant.services.live import Live
from assistant.store import Store, migrate, open_engine
from assistant.store.conversations import Said
from assistant.store.inbox import SORTS, InboxFilter

Progress = Callable[[str, int, int], None]

INTENTS = 60
DIMENSION = 1152  # as many numbers as the embedded encoder gives, so that rows have their real size
ROUNDS = 3
BATCH = 1000
DEEP = 40  # a page that people still turn to
ENDS = ("cel", "fund", "er", "ll", "t")
DECISIONS = (Decision.ANSWER, Decision.CLARIFY, Decision.HAND_OVER)
WORDS = tuple(f"{start}{end}" for start in ("par", "re", "ord", "bi", "gif", "car") for end in ENDS)
CASES = {
    "the queue": InboxFilter(),
    "all": InboxFilter(shown="all"),
    "without a label": InboxFilter(shown="unlabelled"),
    "search": InboxFilter(shown="all", words="parcel"),
    "rare search": InboxFilter(shown="all", words="number 777"),
    "search in the queue": InboxFilter(words="refund"),
    "predicted": InboxFilter(shown="all", predicted="intent_3"),
    "labelled": InboxFilter(shown="all", labelled="intent_30"),
    "confidence": InboxFilter(shown="all", least=0.2, most=0.3),
    "decision": InboxFilter(shown="all", decision=Decision.CLARIFY),
    "signal": InboxFilter(shown="all", signal=Signal.NOT_MEANT),
    "days": InboxFilter(shown="all", since=datetime(2020, 1, 1, tzinfo=UTC)),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One filter over all orders and pages. Milliseconds for a page with its count."""

    name: str
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class InboxTimes:
    """`rows` by filter; `p95_ms` over all that was asked."""

    messages: int
    rows: tuple[Row, ...]
    p50_ms: float
    p95_ms: float

    def as_json(self) -> dict[str, Any]:
        rows = [{"name": row.name, "p50_ms": row.p50_ms, "p95_ms": row.p95_ms} for row in self.rows]
        return {"messages": self.messages, "p50_ms": self.p50_ms, "p95_ms": self.p95_ms, "rows": rows}

    def as_markdown(self) -> str:
        took = f"a page with its count takes {self.p50_ms:.0f} ms, 95 % within {self.p95_ms:.0f} ms"
        lines = [
            f"{self.messages:,} messages: {took}",
            "",
            "| filter | p50 ms | p95 ms |",
            "|---|---:|---:|",
            *(f"| {row.name} | {row.p50_ms:.0f} | {row.p95_ms:.0f} |" for row in self.rows),
        ]
        return "\n".join(lines) + "\n"


def run_inbox(messages: int, progress: Progress) -> InboxTimes:
    """Fills a database in a temporary folder and asks for the first, the second and a deep page in every order."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'inbox.db'}"
        migrate(url)
        engine = open_engine(url)
        try:
            store = Store(engine)
            fill(store, messages, progress)
            return _measure(Labeling(store, _Nobody()), messages, progress)
        finally:
            engine.dispose()


class _Nobody(Live):
    """No model: pages are read without one."""

    def snapshot(self) -> Any:
        raise AssistantError("pages of the inbox are read without a model")


def fill(store: Store, messages: int, progress: Progress) -> None:
    """Puts so many made-up messages into an empty store: a tenth labelled, a twentieth complained about."""
    drawn = random.Random(7)  # noqa: S311 - made-up messages, no secret
    embedding = np.zeros(DIMENSION, dtype="<f4").tobytes()
    with store.unit() as uow:
        for number in range(INTENTS):
            uow.intents.add(Intent(_intent(number), f"Intent {number}", "An answer."), "bench")
    for start in range(0, messages, BATCH):
        with store.unit() as uow:
            numbers = range(start, min(start + BATCH, messages))
            said = [_message(number, drawn, embedding) for number in numbers]
            told = uow.conversations.add_user_messages(uow.conversations.create(), said)
            for number, message in zip(numbers, told, strict=True):
                if number % 20 == 0:
                    uow.conversations.add_signal(message, Signal.NOT_MEANT)
            labelled = [
                LabelledText(text, _intent(n)) for n, (text, _) in zip(numbers, said, strict=True) if n % 10 == 0
            ]
            uow.examples.add_many(labelled, source="correction", operator="bench")
        progress("writing messages", min(start + BATCH, messages), messages)


def _message(number: int, drawn: random.Random, embedding: bytes) -> tuple[str, Said]:
    text = f"{' '.join(drawn.choices(WORDS, k=8))} number {number}"
    ranked = (Score(_intent(number), drawn.random()), Score("intent_0", 0.1))
    return text, {
        "decision": DECISIONS[number % len(DECISIONS)],
        "prediction": Prediction(text, ranked, embedding),
        "encoder": "bench",
        "version": "bench",
        "thresholds": Thresholds(0.7),
    }


def _intent(number: int) -> str:
    return f"intent_{number % INTENTS}"


def _measure(labeling: Labeling, messages: int, progress: Progress) -> InboxTimes:
    taken: dict[str, list[float]] = {name: [] for name in CASES}
    progress("asking for pages", 0, ROUNDS)
    for turn in range(ROUNDS):
        for name, wanted in CASES.items():
            for sort in SORTS:
                for page in (1, 2, DEEP):
                    started = perf_counter()
                    labeling.inbox(wanted, sort, page)
                    taken[name].append(1e3 * (perf_counter() - started))
        progress("asking for pages", turn + 1, ROUNDS)
    rows = tuple(Row(name, float(np.median(ms)), float(np.percentile(ms, 95))) for name, ms in taken.items())
    every = [each for ms in taken.values() for each in ms]
    return InboxTimes(messages, rows, float(np.median(every)), float(np.percentile(every, 95)))
