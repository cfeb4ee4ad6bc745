"""Stochastic training of an encoder on labelled texts: what a consolidation adds to the nightly update."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assistant.errors import EncoderError
from assistant.learning.encoder_scopes import ENCODER_SCOPES, EncoderScope
from assistant.learning.lessons import Lessons, TensorLessons
from assistant.learning.mixed import Weights, gains, mixed
from assistant.model.tuned import TrainableEncoder
from assistant.strategies import Spec, build

Progress = Callable[[int, int], None]  # steps done, steps in all
CHECKS = 4  # looks at the validation rows in one epoch


@dataclass(frozen=True, slots=True)
class TuningPlan:
    """How to train an encoder.

    The loss is cross-entropy over cosines with one prototype for each intent, times `scale`; the prototypes start in
    the class means and learn too. Two things hold the past: `distillation` weighs the squared distance from the
    embedding that the encoder before gave, and `anchor` the squared distance of the weights from where they started
    (L2-SP, Li et al. 2018). A step takes the mean gradient of `accumulate` batches of `batch_size` texts. One row in
    `validation` of each intent is not trained on (0: none); training ends when `patience` looks at these rows in a row
    bring no smaller loss, and the best weights are kept.
    """

    scope: Spec = field(default_factory=lambda: Spec(name="lora"))
    epochs: float = 2.0
    batch_size: int = 32
    accumulate: int = 1
    scale: float = 20.0
    distillation: float = 2.0
    anchor: float = 0.0
    prototype_rate: float = 1e-3
    clip: float = 1.0
    validation: int = 10
    patience: int = 3
    seed: int = 0

    def encoder_scope(self) -> EncoderScope:
        """Raises UnknownStrategyError for a name or an option that does not exist."""
        return build(ENCODER_SCOPES, self.scope)


def tune(encoder: TrainableEncoder, lessons: Lessons, plan: TuningPlan, progress: Progress | None = None) -> None:
    """Trains `encoder` in place. Every intent is drawn as often as any other; equal seeds give equal weights.

    Raises EncoderError when the loss is no number any more.
    """
    scope = plan.encoder_scope()
    trained, judged = lessons.split(plan.validation, plan.seed)
    with torch.random.fork_rng(devices=[]):  # dropout and the first adapters draw from the global generator
        torch.manual_seed(plan.seed)
        with (
            scope.open(encoder.transformer) as parameters,
            mixed(encoder.transformer, parameters, gains(encoder.device)) as weights,
        ):
            _descend(encoder, weights, trained, judged, plan, scope.learning_rate, progress)


def _descend(
    encoder: TrainableEncoder,
    weights: Weights,
    trained: Lessons,
    judged: Lessons,
    plan: TuningPlan,
    rate: float,
    progress: Progress | None,
) -> None:
    prototypes = nn.Parameter(trained.class_means().to(encoder.device))
    start = [weight.detach().clone() for weight in weights.trained] if plan.anchor else []
    steps = max(1, math.ceil(plan.epochs * len(trained.texts) / (plan.batch_size * plan.accumulate)))
    groups = [{"params": weights.trained, "lr": rate}, {"params": [prototypes], "lr": plan.prototype_rate}]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.0, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, _warm_then_linear(steps))
    batches, rows = trained.batches(plan.batch_size, plan.seed), trained.on(encoder)
    judging = judged.on(encoder) if judged.texts else None
    best = _Best([*weights.trained, prototypes])
    look = max(1, round(steps / (plan.epochs * CHECKS)))
    summed = torch.zeros((), device=encoder.device)  # of losses; read at looks alone, as reading waits for the device
    encoder.train(True)
    for step in range(steps):
        optimizer.zero_grad()
        for _ in range(plan.accumulate):
            loss = _loss(encoder, prototypes, rows.taken(next(batches)), plan) / plan.accumulate
            loss.backward()  # type: ignore[no-untyped-call]
            weights.gather()
            summed += loss.detach()
        if plan.anchor:
            for weight, there in zip(weights.trained, start, strict=True):
                if weight.grad is not None:
                    weight.grad.add_(weight.detach() - there, alpha=plan.anchor)
        nn.utils.clip_grad_norm_(weights.trained, plan.clip)
        optimizer.step()
        weights.spread()
        schedule.step()
        if progress:
            progress(step + 1, steps)
        if (step + 1) % look and step + 1 < steps:
            continue
        if not summed.isfinite():
            raise EncoderError(
                f"the encoder diverged by step {step + 1} of {steps} (loss {summed.item()}); set a smaller"
                f" learning_rate than {rate:g} for scope {plan.scope.name!r}"
            )
        if judging:
            encoder.train(False)
            best.offer(_judged(encoder, prototypes, judging, plan))
            encoder.train(True)
            if best.waited >= plan.patience:
                break
    encoder.train(False)
    best.restore()
    if progress:
        progress(steps, steps)


class _Best:
    """The weights of the smallest loss so far."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        self._parameters, self._kept, self._loss, self.waited = parameters, list[Tensor](), math.inf, 0

    def offer(self, loss: float) -> None:
        self.waited += 1
        if loss < self._loss:
            self._loss, self.waited = loss, 0
            self._kept = [parameter.detach().clone() for parameter in self._parameters]

    def restore(self) -> None:
        with torch.no_grad():
            for parameter, kept in zip(self._parameters, self._kept, strict=False):
                parameter.copy_(kept)


def _loss(encoder: TrainableEncoder, prototypes: Tensor, batch: TensorLessons, plan: TuningPlan) -> Tensor:
    embeddings = encoder.embedded(batch.tokens).float()
    cosines = embeddings @ functional.normalize(prototypes, dim=1).T
    loss = functional.cross_entropy(plan.scale * cosines, batch.targets)
    if plan.distillation:
        loss = loss + plan.distillation * (embeddings - batch.before).square().sum(dim=1).mean()
    return loss


@torch.no_grad()
def _judged(encoder: TrainableEncoder, prototypes: Tensor, judged: TensorLessons, plan: TuningPlan) -> float:
    order = np.argsort(judged.tokens.lengths, kind="stable")
    parts = [judged.taken(order[at : at + 64]) for at in range(0, len(order), 64)]
    losses = [_loss(encoder, prototypes, part, plan) * len(part) for part in parts]
    return float(torch.stack(losses).sum()) / len(order)


def _warm_then_linear(steps: int) -> Callable[[int], float]:
    warm = max(1, steps // 10)
    return lambda step: min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))
