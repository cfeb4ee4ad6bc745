"""How strongly to hold the past, tried out on rows that the trials do not learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch.nn import functional

from assistant.learning.memory import ExemplarMemory
from assistant.learning.plans import UpdatePlan
from assistant.learning.regularizers import REGULARIZERS
from assistant.model.classifier import IntentClassifier
from assistant.strategies import build

FACTORS = (1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3)  # on the strength that the plan names
FOLD = 5  # one row in so many judges
SEARCHED = "searched_strength"  # in the carried state: what the last update found


def judging(rows: ExemplarMemory) -> list[int]:
    """The rows that judge: every fifth of each intent, in the order given; an intent of fewer judges nothing."""
    seen: Counter[str] = Counter()
    found = []
    for row, intent in enumerate(rows.intents):
        seen[intent] += 1
        if seen[intent] % FOLD == 0:
            found.append(row)
    return found


def searched(plan: UpdatePlan, trial: Callable[[UpdatePlan], IntentClassifier], judges: ExemplarMemory) -> UpdatePlan:
    """The plan with the strength under which `trial` does best on `judges`, which it must not have learned.

    Every intent weighs the same, old or new; of equally accurate strengths the likelier one counts, then the stronger.
    Without rows that judge it is the plan's own.
    """
    own = getattr(build(REGULARIZERS, plan.regularizer), "strength", None)
    if own is None or not len(judges):
        return replace(plan, search="none")
    plans = [
        replace(plan, search="none", regularizer=plan.regularizer.with_options(strength=own * factor))
        for factor in sorted(FACTORS, reverse=True)
    ]
    return max(plans, key=lambda tried: worth(trial(tried), judges.vectors, judges.intents))


def worth(model: IntentClassifier, vectors: np.ndarray, intents: Sequence[str]) -> tuple[float, float]:
    """Accuracy and mean log-likelihood on the rows, every intent weighing the same."""
    row_of = {intent: row for row, intent in enumerate(model.labels)}
    targets = torch.tensor([row_of[intent] for intent in intents], dtype=torch.int64)
    logits = model.logits(vectors).double()
    shares = 1.0 / torch.bincount(targets)[targets].double()
    shares /= shares.sum()
    right = (logits.argmax(dim=1) == targets).double()
    losses = functional.cross_entropy(logits, targets, reduction="none")
    return round(float((shares * right).sum()), 9), -float((shares * losses).sum())
