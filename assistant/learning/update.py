"""One update without forgetting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from assistant.domain import LabelledText, LabelSet
from assistant.errors import UnknownStrategyError
from assistant.learning.frozen import Pruned
from assistant.learning.keeping import forgotten, keeping, rehearsed
from assistant.learning.memory import ExemplarMemory
from assistant.learning.nearby import nearby
from assistant.learning.plans import UpdatePlan
from assistant.learning.quarantine import suspicion
from assistant.learning.regularizers import Arrival, Labelled, State
from assistant.learning.regularizers.surrogate import MISSED
from assistant.learning.scopes import FreezingScope
from assistant.learning.search import SEARCHED, judging, searched
from assistant.learning.selection import ExemplarSelector
from assistant.learning.training import Progress, Rows, descend, solve, solve_some
from assistant.model.calibration import calibrate
from assistant.model.classifier import IntentClassifier
from assistant.model.encoder import TextEncoder, Vectors
from assistant.model.head import ClassificationHead
from assistant.model.precision import rounded
from assistant.model.references import References

# What calibrates: logits in all, and the least rows that it is cut to.
MOST_LOGITS, LEAST_CALIBRATING = 2**20, 512


@dataclass(frozen=True)
class Learner:
    """Exactly what one version folder holds: the model, the memory, and what the regulariser carries on."""

    model: IntentClassifier
    memory: ExemplarMemory
    carried: State

    @classmethod
    def untrained(cls, encoder: TextEncoder, plan: UpdatePlan) -> Learner:
        """A learner that knows no intent; updating it trains a first version."""
        generator = torch.Generator().manual_seed(plan.seed)
        head = ClassificationHead(encoder.dimension, plan.hidden, dropout=plan.dropout)
        with torch.no_grad():  # RoBERTa's initialisation: normal weights of this deviation, zero biases
            head.dense.weight.normal_(0.0, 0.02, generator=generator)
            head.dense.weight.copy_(rounded(head.dense.weight))
            head.dense.bias.zero_()
        head.requires_grad_(False)
        model = IntentClassifier(encoder, head.eval(), LabelSet())
        return cls(model, ExemplarMemory.empty(encoder.dimension), {})


def update(
    previous: Learner,
    new: Sequence[LabelledText],
    plan: UpdatePlan,
    *,
    holdout: Sequence[LabelledText] = (),
    outside: Sequence[str] = (),
    progress: Progress | None = None,
) -> Learner:
    """A learner that also knows `new`. Pure: `previous` is untouched, and the order of `new` does not matter, except
    that of a text given twice the last label counts. Without new rows and texts `outside` it is `previous` itself.
    Rows that the plan puts in quarantine are left out.

    Where a text of `new` contradicts the memory, the new label wins. `holdout` rows are never trained on; they
    calibrate the confidence (the memory does where there are none), with the texts `outside`, which have no intent.
    """
    arrived = _distinct(new, previous.model.encoder)
    held = set(_held(previous.memory, arrived, plan))
    arrived = arrived.taken([row for row in range(len(arrived)) if row not in held])
    if not len(arrived):
        return recalibrated(previous, plan, holdout, outside) if outside else previous
    texts = set(arrived.texts)
    contradicted = [row for row, text in enumerate(previous.memory.texts) if text in texts]
    if plan.search == "none":
        return learned(previous, arrived, contradicted, plan, holdout, progress, outside)
    plan = _searched(previous, arrived, contradicted, plan)
    learner = learned(previous, arrived, contradicted, plan, holdout, progress, outside)
    strength = plan.regularizer.options.get("strength")
    found = {} if strength is None else {SEARCHED: torch.tensor(float(strength))}
    return replace(learner, carried={**learner.carried, **found})


def _searched(previous: Learner, arrived: ExemplarMemory, contradicted: Sequence[int], plan: UpdatePlan) -> UpdatePlan:
    """The plan with the strength that does best where a part of the exemplars and of the new rows is kept from it.

    Those exemplars leave the memory and, where the regulariser carries sums of rows, these too, for the trials.
    """
    gone = set(contradicted)
    staying = [row for row in range(len(previous.memory)) if row not in gone]
    old = [staying[row] for row in judging(previous.memory.taken(staying))]
    new = judging(arrived)
    fewer = arrived.taken(sorted(set(range(len(arrived))) - set(new)))
    judges = previous.memory.taken(old).joined(arrived.taken(new))
    return searched(plan, lambda tried: learned(previous, fewer, [*contradicted, *old], tried).model, judges)


def quarantined(previous: Learner, new: Sequence[LabelledText], plan: UpdatePlan) -> list[LabelledText]:
    """The rows of `new` that `update` would leave out, for somebody to look at."""
    arrived = _distinct(new, previous.model.encoder)
    return [LabelledText(arrived.texts[row], arrived.intents[row]) for row in _held(previous.memory, arrived, plan)]


def _held(memory: ExemplarMemory, arrived: ExemplarMemory, plan: UpdatePlan) -> list[int]:
    """The rows of `arrived` in quarantine. What the memory holds is labelled anew on purpose, and never among them."""
    if plan.quarantine is None or not len(arrived):
        return []
    known = set(memory.texts)
    given = set(arrived.texts)
    rest = memory.taken([row for row, text in enumerate(memory.texts) if text not in given])
    grades = suspicion(arrived.intents, arrived.vectors, *rehearsed(rest, plan.memory, (plan.seed, 2)))
    return [row for row in np.flatnonzero(grades >= plan.quarantine).tolist() if arrived.texts[row] not in known]


def learned(
    previous: Learner,
    arrived: ExemplarMemory,
    leaving: Sequence[int],
    plan: UpdatePlan,
    holdout: Sequence[LabelledText] = (),
    progress: Progress | None = None,
    outside: Sequence[str] = (),
) -> Learner:
    """The learner that also knows the rows of `arrived`, and no longer the exemplars with the numbers `leaving`."""
    regularizer, selector, scope = plan.strategies()
    memory, outdated = forgotten(previous.memory, leaving), previous.memory.taken(leaving)
    model = _grown(previous.model, arrived)
    row_of = {intent: row for row, intent in enumerate(model.labels)}

    def labelled(intents: Sequence[str], vectors: NDArray[np.floating[Any]]) -> Labelled:
        targets = torch.tensor([row_of[intent] for intent in intents], dtype=torch.int64)
        return Labelled(torch.from_numpy(np.ascontiguousarray(vectors)), targets)

    new = labelled(arrived.intents, arrived.vectors)
    near = nearby(memory, arrived, plan.neighbours) if scope.convex and regularizer.by_row else None
    past = labelled(*rehearsed(memory, plan.rehearsal, (plan.seed, 0), near))
    rehearsal = past if plan.replay > 0 else Labelled(past.vectors[:0], past.targets[:0])
    real = sum(near is None or intent in near for intent in memory.intents) if plan.replay > 0 else 0
    moving = None if near is None else torch.tensor(sorted(row_of[intent] for intent in near), dtype=torch.int64)
    known = past if near is None else labelled(memory.intents, memory.stored)
    gone, drawn = labelled(outdated.intents, outdated.vectors), len(rehearsal.targets) - real
    arrival = Arrival(new, known, rehearsal, gone, moving, drawn)
    _require_its_columns(model.head, plan)
    if isinstance(scope, FreezingScope):
        penalty = scope.frozen(model.head, previous.model.head, previous.carried, arrival)
    else:
        penalty = regularizer.begin(model.head, previous.model.head, previous.carried, arrival)
    taken = Labelled(torch.cat([new.vectors, rehearsal.vectors]), torch.cat([new.targets, rehearsal.targets]))
    balanced = _class_balanced(taken.targets)
    weights = balanced.clone()
    weights[len(arrived) :] *= plan.replay
    taught = torch.zeros(len(weights), 0)
    if not scope.convex and not regularizer.distills:
        taught = functional.pad(previous.model.logits(rehearsal.vectors.numpy()), [0, 0, len(arrived), 0])
    trained = Rows(taken.vectors, taken.targets, weights, taught, len(arrived))
    with scope.open(model) as parameters:
        if len(weights) and moving is not None:
            solve_some(model.head, moving, trained, penalty, plan, progress)
        elif len(weights) and scope.convex:
            solve(model.head, trained, penalty, plan, progress)
        elif len(weights):
            descend(model.head, parameters, trained, penalty, plan, progress)
            if isinstance(penalty, Pruned):
                penalty.prune(model.head)
                descend(model.head, parameters, trained, penalty, plan, progress)
    penalty.settle(model.head)
    carried = penalty.carry(model.head, taken, balanced / balanced.sum())
    del past, rehearsal, known, arrival, trained  # among many intents they are large

    keep = keeping(model, arrived, memory, selector, plan.memory, near)
    if selector.keeps_rows and plan.replay > 0:
        following = labelled(*rehearsed(keep.joined(near), plan.rehearsal, (plan.seed, 0), near))
        carried = {**carried, **penalty.missed(model.head, taken, following)}
    del penalty, taken
    kept = keep.joined()
    judging = rehearsed(kept, plan.memory, (plan.seed, 1), near) if not holdout else None
    told = outside if selector.keeps_rows else ()
    return Learner(_calibrated(model, kept, holdout, judging, told), kept, carried)


def recalibrated(
    learner: Learner, plan: UpdatePlan, holdout: Sequence[LabelledText], outside: Sequence[str]
) -> Learner:
    """The learner with confidence and doubt fitted anew, and nothing learned; without what the plan does not keep."""
    _, selector, _ = plan.strategies()
    if not selector.keeps_rows:
        learner, outside = _without_rows(learner, selector, plan), ()
    judging = rehearsed(learner.memory, plan.memory, (plan.seed, 1)) if not holdout else None
    return replace(learner, model=_calibrated(learner.model, learner.memory, holdout, judging, outside))


def _without_rows(learner: Learner, selector: ExemplarSelector, plan: UpdatePlan) -> Learner:
    """The learner with Gaussians in place of its exemplars, which stand for the rows that were missed too."""
    if not len(learner.memory):
        return learner
    nothing = ExemplarMemory.empty(learner.memory.dimension)
    memory = keeping(learner.model, nothing, learner.memory, selector, plan.memory).joined()
    return replace(learner, memory=memory, carried={k: v for k, v in learner.carried.items() if k != MISSED})


def _calibrated(
    model: IntentClassifier,
    kept: ExemplarMemory,
    holdout: Sequence[LabelledText],
    rehearsal: tuple[Sequence[str], Vectors] | None,
    outside: Sequence[str],
) -> IntentClassifier:
    """`model` with the memory to compare messages with, calibrated on the holdout, or where there is none on
    `rehearsal`."""
    strange = model.encoder.embed(sorted(set(outside))) if outside else None
    model = replace(model, references=References.of(kept.stored, kept.intents, model.labels, strange))
    if rehearsal is None:
        judged = holdout[:: _stride(model, len(holdout))]
        intents: Sequence[str] = [row.intent for row in judged]
        embeddings = model.encoder.embed([row.text for row in judged])
    else:
        stride = _stride(model, len(rehearsal[0]))
        intents, embeddings = rehearsal[0][::stride], rehearsal[1][::stride]
    return model.calibrated(calibrate(model, embeddings, intents))


def _stride(model: IntentClassifier, rows: int) -> int:
    """Every how many rows one calibrates: two numbers are fitted, for which some thousand rows are plenty."""
    return max(1, -(-rows // max(LEAST_CALIBRATING, MOST_LOGITS // max(1, len(model.labels)))))


def _distinct(new: Sequence[LabelledText], encoder: TextEncoder) -> ExemplarMemory:
    """The new rows, each text once (its last label wins), in an order of their own, embedded."""
    labels = {row.text: row.intent for row in new}
    rows = sorted((intent, text) for text, intent in labels.items())
    texts = tuple(text for _, text in rows)
    return ExemplarMemory(texts, tuple(intent for intent, _ in rows), encoder.embed(texts))


def _grown(model: IntentClassifier, arrived: ExemplarMemory) -> IntentClassifier:
    labels = model.labels.extended(arrived.intents)
    names, vectors = np.array(arrived.intents), arrived.vectors  # copied once, not for each intent
    examples = {intent: vectors[names == intent] for intent in labels.intents[len(model.labels) :]}
    return model.extended(labels, examples)


def _require_its_columns(head: ClassificationHead, plan: UpdatePlan) -> None:
    """Raises UnknownStrategyError for a head with columns where the plan knows nothing of them."""
    regularizer, _, scope = plan.strategies()
    if isinstance(scope, FreezingScope):
        knows, one = scope.columned, f"scope {plan.scope.name!r}"
    else:
        knows, one = regularizer.by_row, f"regularizer {plan.regularizer.name!r}"
    if knows or not len(head.columns):
        return
    raise UnknownStrategyError(
        f"this version has {len(head.columns) + 1} columns, which {one} knows nothing of; keep scope 'progressive',"
        " or take scope 'output' with regularizer 'ewc_exact' or 'none'"
    )


def _class_balanced(targets: Tensor) -> Tensor:
    """A weight for each row such that every class weighs the same. Shape: (rows,)."""
    return 1.0 / torch.bincount(targets)[targets].float()
