"""The two solvers of an update: stochastic gradients for what is not convex, a quasi-Newton method for what is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from assistant.learning.plans import SCHEDULES, UpdatePlan
from assistant.learning.regularizers import Batch, Penalty
from assistant.learning.regularizers.lwf import divergence
from assistant.model.head import ClassificationHead, empty_linear, outputs, place

Progress = Callable[[int, int], None]  # steps done, steps in all
AT_ONCE = 512  # rows whose logits of intents that stay are computed at a time: there may be very many


@dataclass(frozen=True)
class Rows:
    """What an update trains on: new rows first, then exemplars.

    Shapes: vectors (rows, dimension); targets (rows,); weights (rows,), the odds of being drawn or the share of the
    loss; teacher (rows, old intents), the logits of the version before, zero on new rows, which have no past to keep.
    """

    vectors: Tensor
    targets: Tensor
    weights: Tensor
    teacher: Tensor
    first_exemplar: int


def solve(
    head: ClassificationHead,
    rows: Rows,
    penalty: Penalty,
    plan: UpdatePlan,
    progress: Progress | None,
    beside: Tensor | None = None,
) -> None:
    """Fits the output layer to class-balanced cross-entropy plus penalty, all rows at once, by L-BFGS.

    The problem is convex and the hidden activations are fixed, so there is no batch, no rate and nothing random: equal
    rows give equal weights, and what need not move does not (Nocedal & Wright, Numerical Optimization, ch. 7). The
    layer moves in the coordinates of the penalty's preconditioners, where its features are uncorrelated. `beside` are
    logits of each row that stay as they are. Shape: (rows, any).
    """
    with torch.no_grad():
        hidden = head.hidden(rows.vectors)
        start = penalty.starting(head)
        groups = penalty.preconditioners
    shares = rows.weights / rows.weights.sum()
    every = torch.arange(len(shares))
    moved = torch.zeros_like(start, requires_grad=True)
    solver = torch.optim.LBFGS([moved], max_iter=plan.iterations, line_search_fn="strong_wolfe")
    evaluations = 0

    def put() -> None:
        step = moved.detach().clone()
        for some, back in groups:
            step[some] = step[some] @ back
        place(head, start + step)

    def closure() -> Tensor:
        nonlocal evaluations
        put()
        head.zero_grad()
        logits = head.out_proj(hidden)
        if beside is not None:
            logits = torch.cat([logits, beside], dim=1)
        loss = (shares * functional.cross_entropy(logits, rows.targets, reduction="none")).sum()
        held = penalty(head, Batch(every, logits, shares))
        _backward(loss, held, head, penalty)
        gradient = torch.cat([_gradient(head.out_proj.weight), _gradient(head.out_proj.bias)[:, None]], dim=1)
        for some, back in groups:
            gradient[some] = gradient[some] @ back.T
        moved.grad = gradient
        evaluations += 1
        if progress:
            progress(min(evaluations, plan.iterations), plan.iterations)
        return loss + held

    solver.step(closure)  # type: ignore[no-untyped-call]
    put()
    if progress:
        progress(plan.iterations, plan.iterations)


def solve_some(
    head: ClassificationHead,
    moving: Tensor,
    rows: Rows,
    penalty: Penalty,
    plan: UpdatePlan,
    progress: Progress | None,
) -> None:
    """`solve` for the output rows `moving`, sorted; the others stay as they are and take part in the softmax.

    Together they are one logit, the logarithm of the sum of their exponentials, which changes neither loss nor
    gradient.
    """
    with torch.no_grad():
        staying = torch.ones(head.out_proj.out_features, dtype=torch.bool)
        staying[moving] = False
        whole = outputs(head)
        part = ClassificationHead(head.dense.in_features, head.dense.out_features, dropout=head.dropout.p).eval()
        part.dense, part.columns = head.dense, head.columns
        part.out_proj = empty_linear(head.out_proj.in_features, len(moving))
        place(part, whole[moving])
        hidden = functional.pad(head.hidden(rows.vectors), [0, 1], value=1.0)
        rest = whole[staying].T
        parts = [hidden[start : start + AT_ONCE] for start in range(0, len(hidden), AT_ONCE)]
        beside = torch.cat([torch.logsumexp(some @ rest, dim=1, keepdim=True) for some in parts])
        del rest
    targets = torch.searchsorted(moving, rows.targets)
    some = Rows(rows.vectors, targets, rows.weights, rows.teacher, rows.first_exemplar)
    solve(part, some, penalty.narrowed(moving), plan, progress, beside)
    whole[moving] = outputs(part).detach()
    place(head, whole)


def _backward(loss: Tensor, held: Tensor, head: ClassificationHead, penalty: Penalty) -> None:
    """Gradients of the loss, shown to the penalty, and then of what it holds."""
    loss.backward(retain_graph=True)  # type: ignore[no-untyped-call]
    penalty.on_gradient(head)
    if held.requires_grad:
        held.backward()  # type: ignore[no-untyped-call]


def _gradient(parameter: Tensor) -> Tensor:
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def descend(
    head: ClassificationHead,
    parameters: list[torch.nn.Parameter],
    rows: Rows,
    penalty: Penalty,
    plan: UpdatePlan,
    progress: Progress | None,
) -> None:
    """AdamW with a cosine schedule over class-balanced batches; the penalty's strength has a schedule of its own."""
    steps = max(plan.least_steps, math.ceil(plan.epochs * len(rows.vectors) / plan.batch_size))
    optimizer = torch.optim.AdamW(parameters, lr=plan.learning_rate, weight_decay=0.0)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    even = torch.full((plan.batch_size,), 1 / plan.batch_size)
    draw = torch.Generator().manual_seed(plan.seed)
    with torch.random.fork_rng(devices=[]):  # dropout draws from the global generator
        torch.manual_seed(plan.seed)
        for step in range(steps):
            batch = torch.multinomial(rows.weights, plan.batch_size, replacement=True, generator=draw)
            logits = head(rows.vectors[batch])
            loss = functional.cross_entropy(logits, rows.targets[batch], label_smoothing=plan.smoothing)
            loss = loss + plan.distillation * _divergence(logits, batch, rows, plan.temperature)
            held = SCHEDULES[plan.schedule]((step + 1) / steps) * penalty(head, Batch(batch, logits, even))
            optimizer.zero_grad()
            _backward(loss, held, head, penalty)
            torch.nn.utils.clip_grad_norm_(parameters, plan.clip)
            optimizer.step()
            penalty.on_step(head)
            cosine.step()
            if progress:
                progress(step + 1, steps)


def _divergence(logits: Tensor, batch: Tensor, rows: Rows, temperature: float) -> Tensor:
    """T² KL(before ‖ now) over the old intents, summed over the exemplars in the batch, divided by its size."""
    replayed = batch >= rows.first_exemplar
    return divergence(logits[replayed], rows.teacher[batch[replayed]], temperature).sum() / len(batch)
