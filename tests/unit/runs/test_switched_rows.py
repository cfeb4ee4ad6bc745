"""A switch of the encoder teaches the new one all that was learned, not only what the memory kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import assistant.services.runs.judging as judging
from assistant.domain import LabelledText, Split
from assistant.learning.update import Learner, update
from assistant.services.runs.retrain import ExitCode
from assistant.services.runs.setup import set_up
from tests.shops import INTENTS, Shop, corpus, holdout, started, train
from tests.synthetic import WordEncoder, plan


def test_every_row_that_was_learned_is_learned_by_the_new_encoder_too(tmp_path: Path) -> None:
    few = plan("ewc_exact", scope="output", hidden=64, memory=3)
    shop = Shop(tmp_path / "var", plans=(few,))
    set_up(shop.store, corpus(*INTENTS), shop.encoder, few, shop.folder)
    shop.label(*train("refund", 2), *holdout("gift", 1))
    other = WordEncoder(0.4)
    result = shop.switch().run(other, actor="lea", progress=lambda *_: None)
    assert result.exit_code is ExitCode.PUBLISHED, result.reason
    assert "; gift cannot be learned yet: every row fell to the holdout" in result.reason
    shop.encoder = other
    learner = shop.learner()
    counts = dict(zip(learner.model.labels, learner.carried["sums"][:, -1].tolist(), strict=True))
    assert counts == pytest.approx({"refund": 14, "delivery": 12, "invoice": 12})
    assert len(learner.memory) == 9
    assert shop.pending() == [row.text for row in holdout("gift", 1)]


def test_a_new_intent_with_few_holdout_rows_is_cross_validated_with_the_new_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No two of its texts have anything in common, which no encoder is to bring live."""
    few, taught = plan("ewc_exact", scope="output", hidden=64), set[tuple[str, int]]()

    def spying(previous: Learner, new: Sequence[LabelledText], *given: Any) -> Learner:
        taught.add((previous.model.encoder.fingerprint, len(previous.model.labels)))
        return update(previous, new, *given)

    monkeypatch.setattr(judging, "update", spying)
    with started(tmp_path / "var") as shop:
        shop.plans = (few,)
        nonsense = [LabelledText(f"{chr(97 + n) * 5} {n}", "puzzle") for n in range(26)]
        shop.label(*nonsense[:8], split=Split.TRAIN)
        result = shop.switch().run(WordEncoder(0.4), actor="lea", progress=lambda *_: None)
        assert result.exit_code is ExitCode.REFUSED, result.reason
        assert "% in cross-validation (8 rows" in result.reason
        assert len(shop.pending()) == 8
    assert taught == {(WordEncoder(0.4).fingerprint, 0)}
