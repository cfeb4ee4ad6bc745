"""The slow way to learn: the encoder trains on the memory, and all that is known moves into its new space."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from assistant.domain import LabelledText
from assistant.learning import transport
from assistant.learning.keeping import rehearsed
from assistant.learning.lessons import Lessons
from assistant.learning.plans import UpdatePlan
from assistant.learning.regularizers import REGULARIZERS, Arrival, Labelled, State
from assistant.learning.regularizers.ewc_exact import RIDGES, ExactEWC, opinion
from assistant.learning.regularizers.statistics import Statistics
from assistant.learning.training import Rows, solve
from assistant.learning.tuning import TuningPlan, tune
from assistant.learning.update import Learner, recalibrated, update
from assistant.model.classifier import IntentClassifier
from assistant.model.encoder import Encoder, TextEncoder
from assistant.model.head import ClassificationHead, place
from assistant.model.precision import rounded
from assistant.model.tuned import TrainableEncoder, TunedEncoder
from assistant.strategies import build

Progress = Callable[[int, int], None]  # steps done, steps in all


def tuned_encoder(
    encoder: Encoder,
    learner: Learner,
    new: Sequence[LabelledText],
    plan: TuningPlan,
    folder: Path,
    progress: Progress | None = None,
) -> TunedEncoder:
    """A copy of `encoder`, the learner's own, that has learned from the learner's memory and from `new`.

    It lies in `folder`, which must not exist; `encoder` and the learner stay as they are. `new` wins over the memory
    where both have a text. All intents must be the learner's.
    """
    rows = known_rows(learner, new)
    targets = np.array([learner.model.labels.index(row.intent) for row in rows], dtype=np.int64)
    texts = [row.text for row in rows]
    trainable = TrainableEncoder(encoder)
    tune(trainable, Lessons(texts, targets, learner.model.encoder.embed(texts)), plan, progress)
    return trainable.saved(folder)


def known_rows(learner: Learner, new: Sequence[LabelledText]) -> list[LabelledText]:
    """The memory's rows and the new ones, each text once."""
    labels = dict(zip(learner.memory.texts, learner.memory.intents, strict=True))
    labels |= {row.text: row.intent for row in new}
    return [LabelledText(text, intent) for text, intent in labels.items()]


def moved(
    learner: Learner,
    encoder: TextEncoder,
    rows: Sequence[LabelledText],
    plan: UpdatePlan,
    holdout: Sequence[LabelledText] = (),
    outside: Sequence[str] = (),
) -> Learner:
    """The learner with another encoder of the same dimension: all that it knows, in the new space.

    `rows` are those that it has learned and whose texts are still there. Under exact EWC the sums move (see
    `transport`), the output layer is solved from them anew, and cross-entropy on `rows` sharpens it; memory and
    labels stay. Any other regulariser starts afresh from `rows`, since what it carries belongs to the old weights.
    """
    regularizer = build(REGULARIZERS, plan.regularizer)
    if not isinstance(regularizer, ExactEWC):
        return update(Learner.untrained(encoder, plan), rows, plan, holdout=holdout, outside=outside)
    model = learner.model
    head, targets = copy.deepcopy(model.head), torch.tensor([model.labels.index(row.intent) for row in rows])
    texts = [row.text for row in rows]
    before, after = (rounded(torch.from_numpy(each.embed(texts))) for each in (model.encoder, encoder))
    with torch.no_grad():
        rest = transport.transported(_sums(learner, head), head.hidden(before), head.hidden(after), targets)
    memory = learner.memory
    gaussians = memory.gaussians and transport.moved(
        memory.gaussians, before.numpy(), after.numpy(), [row.intent for row in rows]
    )
    memory = replace(memory, stored=encoder.embed(memory.texts), gaussians=gaussians)
    intents, vectors = rehearsed(memory, plan.rehearsal, (plan.seed, 0))
    kept = torch.tensor([model.labels.index(intent) for intent in intents], dtype=torch.int64)
    exemplars = Labelled(torch.from_numpy(vectors), kept)
    carried = _solved(head, regularizer, rest, Labelled(after, targets), plan, exemplars)
    grown = Learner(IntentClassifier(encoder, head, model.labels), memory, carried)
    judged = holdout or [LabelledText(text, intent) for text, intent in zip(memory.texts, memory.intents, strict=True)]
    return recalibrated(grown, plan, judged, outside)


def _sums(learner: Learner, head: ClassificationHead) -> Statistics:
    """What the learner has summed up; its memory alone where another regulariser trained it."""
    width, labels = head.out_proj.in_features, learner.model.labels
    sums = Statistics.from_state(learner.carried, width, len(labels))
    if sums is not None:
        return sums
    targets = torch.tensor([labels.index(intent) for intent in learner.memory.intents], dtype=torch.int64)
    hidden = head.hidden(torch.from_numpy(learner.memory.vectors))
    return Statistics.empty(width, len(labels)).plus(hidden, targets)


def _solved(
    head: ClassificationHead, regularizer: ExactEWC, rest: Statistics, rows: Labelled, plan: UpdatePlan, kept: Labelled
) -> State:
    """Fits the output layer to `rows`, of which none has been learned in this space, and to the sums of the rest.

    An update in which all rows are new and the past is but these sums: without them it trains a first version.
    """
    ridge = rest.best_ridge(RIDGES, rows.vectors[:0], rows.targets[:0])  # of nothing but the past
    place(head, opinion(rest, ridge, regularizer.scale))
    past = {**rest.state(), "ridge": torch.tensor(ridge), "volume": torch.tensor(regularizer.scale)}
    none = Labelled(rows.vectors[:0], rows.targets[:0])
    penalty = regularizer.begin(head, copy.deepcopy(head), past, Arrival(rows, none, none, none))
    weights = 1.0 / torch.bincount(rows.targets)[rows.targets].float()
    head.out_proj.requires_grad_(True)
    solve(head, Rows(rows.vectors, rows.targets, weights, torch.zeros(len(weights), 0), 0), penalty, plan, None)
    head.requires_grad_(False)
    for parameter in head.parameters():
        parameter.grad = None
    penalty.settle(head)
    return {**penalty.carry(head, rows, weights / weights.sum()), **penalty.missed(head, rows, kept)}
