"""A switch of the encoder teaches the new one all that was learned, not only what the memory kept of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.services.runs.retrain import ExitCode
from assistant.services.runs.setup import set_up
from tests.shops import INTENTS, Shop, corpus, train
from tests.synthetic import WordEncoder, plan


def test_every_row_that_was_learned_is_learned_by_the_new_encoder_too(tmp_path: Path) -> None:
    few = plan("ewc_exact", scope="output", hidden=64, memory=3)
    shop = Shop(tmp_path / "var", plans=(few,))
    set_up(shop.store, corpus(*INTENTS), shop.encoder, few, shop.folder)
    shop.label(*train("refund", 2))
    other = WordEncoder(0.4)
    result = shop.switch().run(other, actor="lea", progress=lambda *_: None)
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    shop.encoder = other
    learner = shop.learner()
    counts = dict(zip(learner.model.labels, learner.carried["sums"][:, -1].tolist(), strict=True))
    assert counts == pytest.approx({"refund": 14, "delivery": 12, "invoice": 12})
    assert len(learner.memory) == 9
    assert shop.pending() == []
