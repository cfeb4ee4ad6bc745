"""Promises of the nightly update about retired intents: neither learned nor judged, and forgotten if ordered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.services.importing import import_labelled
from assistant.services.intent_care import IntentCare
from assistant.services.retrain import ExitCode
from tests.shops import Shop, holdout, started, train
from tests.synthetic import WordEncoder


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with started(tmp_path / "var") as shop:
        yield shop


@pytest.mark.parametrize("erase", [True, False])
def test_a_retired_intent_is_forgotten_only_when_that_was_ordered(shop: Shop, erase: bool) -> None:
    assert "invoice" in shop.learner().memory.intents
    IntentCare(shop.store).retire("invoice", "lea", erase=erase)
    import_labelled(shop.store, [*train("refund", 6), *holdout("refund", 2)], "lea")
    result = shop.retrain().run(actor="night")
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    learner = shop.learner()
    assert ("invoice" in learner.memory.intents) is not erase
    assert "invoice" in learner.model.labels  # the row stays: labels only ever grow


def test_rows_of_a_retired_intent_are_not_learned(shop: Shop) -> None:
    import_labelled(shop.store, train("invoice", 6), "lea")
    IntentCare(shop.store).retire("invoice", "lea")
    assert shop.retrain().run(actor="night").exit_code is ExitCode.NOTHING_TO_DO


def test_a_switch_of_the_encoder_neither_learns_them_nor_keeps_what_is_to_be_forgotten(shop: Shop) -> None:
    care = IntentCare(shop.store)
    shop.label(*train("gift", 6))
    waiting = shop.pending()
    care.retire("gift", "lea")
    care.retire("invoice", "lea", erase=True)
    other = WordEncoder(0.4)
    result = shop.switch().run(other, actor="lea", progress=lambda *_: None)
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    shop.encoder = other
    assert {"delivery", "refund"} == set(shop.learner().memory.intents)
    assert shop.pending() == waiting
