"""Selective forgetting: what a person or an intent left behind is taken out."""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from dataclasses import replace

import torch

from assistant.domain import LabelledText
from assistant.errors import InputError
from assistant.learning.memory import ExemplarMemory
from assistant.learning.plans import UpdatePlan
from assistant.learning.scopes import SCOPES, FreezingScope
from assistant.learning.update import Learner, learned, update
from assistant.model.head import outputs, place
from assistant.strategies import build


def erase(
    learner: Learner,
    plan: UpdatePlan,
    *,
    intents: Collection[str] = (),
    texts: Collection[str] = (),
    coming: Sequence[LabelledText] = (),
    stored: Sequence[LabelledText] = (),
) -> Learner:
    """The learner without the exemplars of these intents and without these texts, and as if it had not learned them.

    Pure. The exemplars leave the memory and, under `ewc_exact`, its sums to the last digit, after which the head moves
    as the regression does and is refined on what is left; under other regularisers it is trained on what is left.
    A scope that freezes can take nothing back: it begins anew with what is left of the memory and of the rows that are
    `stored`, which the learner has learned, and an erased intent is then unknown to it.
    A row that the memory did not keep cannot be taken out of anything, since nothing is known of it but its share in
    sums; nor can a text be taken out of a Gaussian. An erased intent keeps its output row, as labels only ever grow,
    and loses its Gaussian. Texts are compared letter by letter. Where nothing matches it is `learner` itself. Raises
    InputError when nothing that was ever learned would be left, unless rows are `coming` that it learns next.
    """
    memory = learner.memory
    gaussians = {intent: one for intent, one in (memory.gaussians or {}).items() if intent not in intents}
    pairs = zip(memory.texts, memory.intents, strict=True)
    leaving = [row for row, (text, intent) in enumerate(pairs) if text in texts or intent in intents]
    if memory.gaussians is not None and len(gaussians) < len(memory.gaussians):
        memory = replace(memory, gaussians=gaussians)
    elif not leaving:
        return learner
    if leaving and len(leaving) >= sum(memory.arrived.values()):
        if coming:
            return _blank(learner)
        raise InputError(
            f"all {len(leaving)} rows that were ever learned would be erased, and nothing would be left to answer with;"
            " label texts of another intent first, or delete the data folder and train a first version"
        )
    rows = [*stored, *(LabelledText(*pair) for pair in zip(memory.texts, memory.intents, strict=True))]
    left = [row for row in rows if row.text not in texts and row.intent not in intents]
    if left and isinstance(build(SCOPES, plan.scope), FreezingScope):
        return update(Learner.untrained(learner.model.encoder, plan), left, plan)
    if leaving:
        nothing = ExemplarMemory.empty(memory.dimension)
        learner = learned(replace(learner, memory=memory), nothing, leaving, plan)
        memory = learner.memory
    arrived = {intent: 0 if intent in intents else count for intent, count in memory.arrived.items()}
    return replace(learner, memory=replace(memory, arrived=arrived))


def _blank(learner: Learner) -> Learner:
    """The learner as if it had never learned a row: its labels stay, and say nothing."""
    head = copy.deepcopy(learner.model.head)
    place(head, torch.zeros_like(outputs(head)))
    return Learner(replace(learner.model, head=head), ExemplarMemory.empty(learner.memory.dimension), {})
