"""One update without forgetting: the only training loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from assistant.domain import LabelledText, LabelSet
from assistant.learning.memory import ExemplarMemory
from assistant.learning.regularizers import REGULARIZERS, Penalty, State
from assistant.learning.scopes import SCOPES
from assistant.learning.selection import SELECTORS, ExemplarSelector
from assistant.model.calibration import calibrate
from assistant.model.classifier import IntentClassifier
from assistant.model.encoder import TextEncoder
from assistant.model.head import ClassificationHead
from assistant.strategies import Spec, build

Progress = Callable[[int, int], None]  # steps done, steps in all


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """How to update. The defaults are for every data set and encoder; none is tuned to one.

    `replay` weighs the memory against the new rows in the class-balanced draw: 1 gives every intent, old or new,
    the same share of a batch, 2 doubles the share of exemplars, 0 leaves the memory out. `memory` is the number
    of exemplars kept per intent. `distillation` weighs, on the exemplars, the divergence from what the version before
    said of them, softened by `temperature` (Hinton et al. 2015; with a memory: iCaRL, DER). `smoothing` is label
    smoothing, which also keeps the Fisher from vanishing.
    """

    regularizer: Spec = field(default_factory=lambda: Spec(name="ewc"))
    selector: Spec = field(default_factory=lambda: Spec(name="herding"))
    scope: Spec = field(default_factory=lambda: Spec(name="head"))
    replay: float = 1.0
    memory: int = 20
    hidden: int = 1024
    distillation: float = 2.0
    temperature: float = 2.0
    dropout: float = 0.5
    learning_rate: float = 2e-3
    batch_size: int = 256
    epochs: int = 20
    least_steps: int = 150
    smoothing: float = 0.1
    clip: float = 5.0
    seed: int = 0


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
    progress: Progress | None = None,
) -> Learner:
    """A learner that also knows `new`. Pure: `previous` is untouched, and the order of `new` does not matter, except
    that of a text given twice the last label counts. Without new rows it is `previous` itself.

    Where a text of `new` contradicts the memory, the new label wins. `holdout` rows are never trained on; they
    calibrate the confidence (the memory does where there are none).
    """
    arrived = _distinct(new, previous.model.encoder)
    if not len(arrived):
        return previous
    memory = _without(previous.memory, set(arrived.texts))
    model = _grown(previous.model, arrived)
    rehearsal = memory if plan.replay > 0 else memory.taken([])
    rows = arrived.joined(rehearsal)
    vectors = torch.from_numpy(np.ascontiguousarray(rows.vectors))
    targets = torch.tensor([model.labels.index(intent) for intent in rows.intents])
    balanced = _class_balanced(targets)
    weights = balanced.clone()
    weights[len(arrived) :] *= plan.replay

    regularizer = build(REGULARIZERS, plan.regularizer)
    past = torch.from_numpy(np.ascontiguousarray(memory.vectors))
    penalty = regularizer.begin(previous.model.head, previous.carried, past)
    with build(SCOPES, plan.scope).open(model) as parameters:
        taught = torch.zeros(len(rows), len(previous.model.labels))
        taught[len(arrived) :] = previous.model.logits(rehearsal.vectors)
        batches = Rows(vectors, targets, weights, taught, len(arrived))
        _descend(model.head, parameters, batches, penalty, plan, progress)
    carried = regularizer.carry(model.head, previous.carried, vectors, balanced / balanced.sum())

    kept = _selected(arrived.joined(memory), build(SELECTORS, plan.selector), plan.memory)
    judged = list(holdout) or [LabelledText(t, i) for t, i in zip(kept.texts, kept.intents, strict=True)]
    embeddings = model.encoder.embed([row.text for row in judged])
    calibration = calibrate(model, embeddings, [row.intent for row in judged])
    return Learner(model.calibrated(calibration), kept, carried)


def _distinct(new: Sequence[LabelledText], encoder: TextEncoder) -> ExemplarMemory:
    """The new rows, each text once (its last label wins), in an order of their own, embedded."""
    labels = {row.text: row.intent for row in new}
    rows = sorted((intent, text) for text, intent in labels.items())
    texts = tuple(text for _, text in rows)
    return ExemplarMemory(texts, tuple(intent for intent, _ in rows), encoder.embed(texts))


def _without(memory: ExemplarMemory, texts: set[str]) -> ExemplarMemory:
    return memory.taken([row for row, text in enumerate(memory.texts) if text not in texts])


def _grown(model: IntentClassifier, arrived: ExemplarMemory) -> IntentClassifier:
    labels = model.labels.extended(arrived.intents)
    names = np.array(arrived.intents)
    examples = {intent: arrived.vectors[names == intent] for intent in labels.intents[len(model.labels) :]}
    return model.extended(labels, examples)


def _class_balanced(targets: Tensor) -> Tensor:
    """A weight for each row such that every class weighs the same. Shape: (rows,)."""
    return 1.0 / torch.bincount(targets)[targets].float()


@dataclass(frozen=True)
class Rows:
    """What an update trains on: new rows first, then exemplars.

    Shapes: vectors (rows, dimension); targets (rows,); weights (rows,), the odds of being drawn; teacher
    (rows, old intents), the logits of the version before, zero on new rows, which have no past to keep.
    """

    vectors: Tensor
    targets: Tensor
    weights: Tensor
    teacher: Tensor
    first_exemplar: int


def _descend(
    head: ClassificationHead,
    parameters: list[torch.nn.Parameter],
    rows: Rows,
    penalty: Penalty,
    plan: UpdatePlan,
    progress: Progress | None,
) -> None:
    """AdamW with a cosine schedule over class-balanced batches."""
    steps = max(plan.least_steps, math.ceil(plan.epochs * len(rows.vectors) / plan.batch_size))
    optimizer = torch.optim.AdamW(parameters, lr=plan.learning_rate, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    draw = torch.Generator().manual_seed(plan.seed)
    with torch.random.fork_rng(devices=[]):  # dropout draws from the global generator
        torch.manual_seed(plan.seed)
        for step in range(steps):
            batch = torch.multinomial(rows.weights, plan.batch_size, replacement=True, generator=draw)
            logits = head(rows.vectors[batch])
            loss = functional.cross_entropy(logits, rows.targets[batch], label_smoothing=plan.smoothing)
            loss = loss + penalty(head) + plan.distillation * _divergence(logits, batch, rows, plan.temperature)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(parameters, plan.clip)
            optimizer.step()
            schedule.step()
            if progress:
                progress(step + 1, steps)


def _divergence(logits: Tensor, batch: Tensor, rows: Rows, temperature: float) -> Tensor:
    """T² KL(before ‖ now) over the old intents, summed over the exemplars in the batch, divided by its size."""
    replayed = batch >= rows.first_exemplar
    if not rows.teacher.shape[1] or not replayed.any():
        return torch.zeros(())
    now = torch.log_softmax(logits[replayed, : rows.teacher.shape[1]] / temperature, dim=1)
    before = torch.log_softmax(rows.teacher[batch[replayed]] / temperature, dim=1)
    return temperature**2 * functional.kl_div(now, before, reduction="sum", log_target=True) / len(batch)


def _selected(candidates: ExemplarMemory, selector: ExemplarSelector, budget: int) -> ExemplarMemory:
    """At most `budget` exemplars of each intent, the most valuable first."""
    names = np.array(candidates.intents)
    kept: list[int] = []
    for intent in dict.fromkeys(candidates.intents):
        rows = np.flatnonzero(names == intent)
        kept += rows[selector.select(candidates.vectors[rows], budget)].tolist()
    return candidates.taken(kept)
