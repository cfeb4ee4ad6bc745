"""Whose corrections keep a candidate from passing, so that those of all other intents need not wait for them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import compress

from assistant.domain import LabelledText
from assistant.evaluation.gates import Outcome
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner
from assistant.services.runs.judging import Judgement


def at_fault(
    judgement: Judgement,
    candidate: Learner,
    holdout: Sequence[LabelledText],
    retired: Mapping[str, str | None],
    corrected: Collection[str],
    plan: UpdatePlan,
) -> frozenset[str]:
    """Those of the `corrected` intents for which a gate refused the candidate, which `plan` made.

    A new intent that falls short is one itself. Where old rows were lost, it is what the candidate takes them for: all
    of them, or those of the intent that the gate speaks of. Empty where it passed, and where nothing that was corrected
    explains it: where more than half of the old intents have lost rows, the update itself forgets, and a plan that
    keeps nothing of the old does so in any case.
    """
    if plan.replay == 0 and plan.regularizer.name == "none":
        return frozenset()
    comparison = judgement.comparison
    lost = list(compress(holdout, comparison.lost().tolist()))
    embeddings = candidate.model.encoder.embed([row.text for row in lost])
    taken = candidate.model.taken_for(embeddings, retired)
    forgets = 2 * len({row.intent for row in lost}) > len(comparison.old & set(comparison.before.intents))
    found = set[str | None]()
    for verdict in judgement.verdicts:
        if verdict.outcome is not Outcome.REFUSED:
            continue
        if verdict.intent in comparison.new:
            found.add(verdict.intent)
        elif not forgets:
            found |= {to for row, to in zip(lost, taken, strict=True) if verdict.intent in (None, row.intent)}
    return frozenset(intent for intent in corrected if intent in found)
