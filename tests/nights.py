"""What the tests of the nightly command share: plans, rows, and how a run is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

import assistant.services.runs.ladder as module
from assistant.domain import LabelledText
from assistant.learning.plans import UpdatePlan, climbed
from assistant.learning.update import Learner, update
from assistant.services.runs.retrain import RetrainResult
from assistant.services.runs.work import Progress
from assistant.strategies import Spec
from tests.shops import PLAN, Shop, holdout, train

LADDER = (PLAN, climbed(PLAN, 10, 1), climbed(PLAN, 10, 2))
FORGETFUL = (replace(PLAN, regularizer=Spec(name="none"), replay=0.0),)
WARRANTY = [*train("warranty", 12), *holdout("warranty", 10)]  # enough to be judged without cross-validation
# An intent whose texts all look like refunds: no update can have both.
CHARGEBACKS = [LabelledText(row.text, "chargeback") for row in train("refund", 20)]
# Mistakes of an operator: all that the shop began with of one intent, and more, given to another.
WRONG = [LabelledText(row.text, "refund") for row in (*train("invoice", 12, 0), *train("invoice", 30, 300))]


def run(
    shop: Shop, *, dry_run: bool = False, hold: bool = False, progress: Progress = lambda what, done, total: None
) -> RetrainResult:
    return shop.retrain().run(actor="night", dry_run=dry_run, hold=hold, progress=progress)


def state(shop: Shop) -> tuple[object, ...]:
    """All that a run which does not publish must leave alone: live version, versions, marks, history, corrections."""
    tables = shop.tables()
    return tuple(tables[name] for name in ("live", "versions", "learned", "publications", "examples", "locks"))


def folders(shop: Shop) -> set[str]:
    return {path.name for path in shop.folder.iterdir()}


def spied(monkeypatch: pytest.MonkeyPatch, where: ModuleType = module) -> list[list[LabelledText]]:
    """What each update of a run is asked to learn, on the ladder or `where` else one is made."""
    seen: list[list[LabelledText]] = []

    def spying(previous: Learner, new: Sequence[LabelledText], plan: UpdatePlan, **options: Any) -> Learner:
        seen.append(list(new))
        return update(previous, new, plan, **options)

    monkeypatch.setattr(where, "update", spying)
    return seen
