"""A shop some days after its first update: something for every curve of the health page."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Engine

from assistant.domain import Version
from assistant.services.conversation.chat import Chat
from assistant.services.desk.labeling import Labeling
from assistant.store import DriftScore, Store, utc_now
from tests.fakes import FakeClock, FakeLive


def publish(store: Store, name: str, parent: str | None, accuracy: float) -> None:
    """Adds a version with its report and makes it live."""
    told: dict[str, object] = {
        "title": "Retrain" if parent else "First version", "reason": "all gates passed", "seconds": 6.5,
        "old_accuracy": accuracy, "knowledge_retention": 0.99, "forgetting": 0.01, "negative_flips": 0.0,
        "intents": {"refund": {"before": 0.9, "after": accuracy, "rows": 20}},
    }  # fmt: skip
    with store.unit() as uow:
        made = utc_now() + timedelta(seconds=1 if parent else 0)
        uow.versions.add(Version(name, parent, made, "ready", "encoder-1", "sha", told))
        uow.versions.publish(name, expected_live=parent, learned=(), actor="ann", kind="publish", reason="a test")


def a_month(engine: Engine, live: FakeLive) -> None:
    """Two versions, customers on three days, one guess corrected, and two windows outside of a monitor's band."""
    clock = FakeClock()
    store = Store(engine, clock)
    publish(store, "v1", None, 0.9)
    publish(store, "v2", "v1", 0.8)
    chat, labeling = Chat(store, live), Labeling(store, live)
    for _ in range(3):
        chat.reply(chat.start().conversation_id, f"hm {clock.time:%d}")
        clock.forward(days=1)
    first, second, _ = (item.message_id for item in labeling.inbox().items)
    labeling.correct(first, "delivery", "ann")
    labeling.confirm(second, "ann")
    with store.unit() as uow:
        uow.drift.add(DriftScore("v2", "out_of_scope", n, n + 63, 0.1 * n, 0.0, 0.2) for n in (1, 5, 9))
