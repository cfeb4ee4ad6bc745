"""Looking after intents and labelling, over a real store."""

from __future__ import annotations

import pytest

from assistant.domain import Intent, LabelledText, Split
from assistant.services.desk.labeling import Labeling
from assistant.services.intents.care import IntentCare
from assistant.store import Store
from tests.fakes import FakeLive


@pytest.fixture
def care(store: Store) -> IntentCare:
    with store.unit() as uow:
        uow.intents.add(Intent("invoice", "Invoice", "It is in your account."), "seed")
        rows = [LabelledText(f"money {n}", "refund") for n in range(4)] + [LabelledText("late", "delivery")]
        uow.examples.add_many(rows, source="import", operator="seed", split=Split.TRAIN)
    return IntentCare(store)


@pytest.fixture
def labeling(store: Store, live: FakeLive) -> Labeling:
    return Labeling(store, live)
