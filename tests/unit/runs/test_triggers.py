"""A run is due for enough corrections, a new intent with rows enough, or drift that lasts; and says which."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.domain import Split
from assistant.errors import StoreError
from assistant.services.runs.setup import set_up
from assistant.services.runs.triggers import Triggers
from assistant.services.watching.drift import DriftView, MonitorState
from assistant.store import Store
from tests.shops import PLAN, Shop, corpus, train

QUIET = DriftView("v1", (), "")
DRIFTED = DriftView("v1", (MonitorState("entropy", 1.0, 0.0, 0.5, 2, 2, 1, True),), "")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    made = Shop(Path(tmp_path_factory.mktemp("shop")))
    set_up(made.store, corpus("refund", "delivery"), made.encoder, PLAN, made.folder)
    return made


def triggers(shop: Shop, view: DriftView = QUIET) -> Triggers:
    return Triggers(shop.store, 6, 3, shop.versions().to_forget, lambda: view)


def test_without_a_version_nothing_can_be_due(store: Store) -> None:
    with pytest.raises(StoreError, match="no version is live"):
        Triggers(store, 1, 1, lambda: 0, None).due()


def test_what_is_due_grows_with_what_waits_and_the_report_says_why(shop: Shop) -> None:
    """One shop, step by step: each label is one more."""
    assert triggers(shop).due().reason == ("not due: 0 of 6 corrections wait, no new intent has 3 rows to learn")
    drifted = triggers(shop, DRIFTED).due()
    assert not drifted.due
    assert "drifted (entropy), but nothing is labelled" in drifted.reason

    shop.label(*train("refund", 2, 300), split=Split.TRAIN)
    assert not triggers(shop).due().due
    assert triggers(shop, DRIFTED).due().reason == "due: the traffic has drifted (entropy)"
    assert not Triggers(shop.store, 6, 3, shop.versions().to_forget, None).due().due

    shop.label(*train("parcel", 2), split=Split.TRAIN)
    assert not triggers(shop).due().due
    shop.label(*train("parcel", 3), split=Split.TRAIN)
    assert triggers(shop).due().reason == "due: new intents have 3 rows or more (parcel)"

    shop.label(*train("delivery", 1, 300), split=Split.TRAIN)
    due = triggers(shop).due()
    assert due.reason.startswith("due: 6 corrections wait (enough are 6); new intents have 3 rows")

    done = shop.retrain().run(actor="test", trigger=due.reason)
    assert done.report["trigger"] == due.reason
    assert done.version is not None, done.reason
    assert due.reason in shop.versions().history()[0].reason
    assert due.reason in shop.versions().report_markdown(done.version)
    assert not triggers(shop).due().due

    assert done.report["knowledge_retention"] == pytest.approx(
        done.report["old_accuracy"] / done.report["old_accuracy_before"]
    )
    assert done.report["predictive_entropy"] > 0
    assert done.report["parameter_norm_change"] > 0

    names = [f"topic_{number:02}" for number in range(25)]
    shop.label(*(row for name in names for row in train(name, 3)), split=Split.TRAIN)
    assert triggers(shop).due().reason.endswith(f"3 rows or more ({', '.join(names[:20])} and 5 more)")
