"""How long one message takes: the whole reply without the database, and beside it what encodes alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from assistant.dialogue.policy import decide
from assistant.dialogue.text import clean
from assistant.domain import Intent
from assistant.model.encoder import TextEncoder
from assistant.services.live import Snapshot

Progress = Callable[[str, int, int], None]
Ask = Callable[[str], object]

WARM_UP = 20
CALLERS = 8


@dataclass(frozen=True, slots=True)
class Row:
    """What was asked message by message. Milliseconds."""

    name: str
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True)
class Serving:
    """`rows` has the reply first, then the engine's own encode, then the peers."""

    messages: int
    rows: tuple[Row, ...]
    throughput_per_s: float

    @property
    def reply(self) -> Row:
        return self.rows[0]

    @property
    def engine(self) -> Row:
        return self.rows[1]

    def as_json(self) -> dict[str, Any]:
        return {
            "p50_ms": self.reply.p50_ms,
            "p99_ms": self.reply.p99_ms,
            "throughput_per_s": self.throughput_per_s,
            "encoder_p50_ms": self.engine.p50_ms,
            "overhead_ratio": self.reply.p50_ms / self.engine.p50_ms,
            "messages": self.messages,
            "rows": [{"name": row.name, "p50_ms": row.p50_ms, "p99_ms": row.p99_ms} for row in self.rows],
        }

    def as_markdown(self) -> str:
        lines = [
            f"{self.messages} messages, {CALLERS} callers at once: {self.throughput_per_s:.0f} replies/s",
            "",
            "| one message | p50 ms | p99 ms | × engine's encode |",
            "|---|---:|---:|---:|",
            *(
                f"| {row.name} | {row.p50_ms:.2f} | {row.p99_ms:.2f} | {row.p50_ms / self.engine.p50_ms:.2f} |"
                for row in self.rows
            ),
        ]
        return "\n".join(lines) + "\n"


def run_serving(
    snapshot: Snapshot,
    intents: Mapping[str, Intent],
    engine: TextEncoder,
    peers: Mapping[str, Ask],
    texts: Sequence[str],
    progress: Progress,
) -> Serving:
    """Times the reply that `snapshot` gives, `engine` alone, which is the encoder behind it, and each of `peers`.

    Every text is given to all of them before the next, so that a busy machine is busy for all alike, and in an order
    drawn anew, since what one leaves in the processor's caches helps or hinders the one after it. The throughput is
    that of CALLERS threads. A reply is what `services.chat` does between its two transactions.
    """

    def reply(text: str) -> object:
        (prediction,) = snapshot.predict([clean(text)])
        return decide(prediction, snapshot.thresholds, 0, intents)

    asked: dict[str, Ask] = {"whole reply": reply, "engine's encode": lambda text: engine.embed([text]), **peers}
    for text in texts[:WARM_UP]:
        for ask in asked.values():
            ask(text)
    taken: dict[str, list[float]] = {name: [] for name in asked}
    order, draw = list(asked), np.random.default_rng(0)
    for number, text in enumerate(texts, 1):
        draw.shuffle(order)
        for name in order:
            started = perf_counter()
            asked[name](text)
            taken[name].append(1e3 * (perf_counter() - started))
        progress("messages one by one", number, len(texts))
    started = perf_counter()
    with ThreadPoolExecutor(CALLERS) as pool:
        for number, _ in enumerate(pool.map(reply, texts), 1):
            progress(f"{CALLERS} callers at once", number, len(texts))
    throughput = len(texts) / (perf_counter() - started)
    rows = (Row(name, float(np.median(ms)), float(np.percentile(ms, 99))) for name, ms in taken.items())
    return Serving(len(texts), tuple(rows), throughput)
