"""The ladder: a plan that the gates refuse gives way to the next, until one passes or none is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.domain import LabelledText
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, recalibrated, update
from assistant.services.runs.candidates import described
from assistant.services.runs.judging import Judge, Judgement
from assistant.services.runs.work import Progress, Work


@dataclass(frozen=True)
class Climbed:
    """Where it ended. `work` is what the candidate has learned, `holdout` what it was judged on, and `attempts` has a
    plan and its outcome each."""

    candidate: Learner
    judgement: Judgement
    work: Work
    holdout: list[LabelledText]
    attempts: list[dict[str, Any]]


def climb(
    previous: Learner, work: Work, plans: Sequence[UpdatePlan], judge: Judge, *, forgets: bool, progress: Progress
) -> Climbed:
    """The first candidate that passes, else the last one. What a learner `forgets` does not wait for corrections that
    pass: it goes, and nothing is learned."""
    train = [example.labelled() for example in work.train]
    strange = [example.text for example in work.outside]
    intents = {*previous.model.labels, *(row.intent for row in train)}
    holdout = [row for row in work.holdout if row.intent in intents]
    texts = [*(row.text for row in (*train, *holdout)), *strange]
    previous.model.encoder.embed(texts, lambda done, total: progress("embedding", done, total))

    attempts: list[dict[str, Any]] = []
    for plan in plans:
        if train:
            candidate = update(
                previous, train, plan, holdout=holdout, outside=strange,
                progress=lambda done, total: progress("learning", done, total),
            )  # fmt: skip
        else:
            candidate = recalibrated(previous, plan, holdout, strange)
        progress("judging", 0, 1)
        judgement = judge.judge(
            previous, candidate, train, holdout, plan, work.retired, work.otherwise,
            progress=lambda done, total: progress("judging", done, total),
        )  # fmt: skip
        progress("judging", 1, 1)
        outcome = "passed" if judgement.passed else judgement.reason()
        attempts.append({"plan": described(plan, candidate if train else None), "outcome": outcome})
        if judgement.passed:
            return Climbed(candidate, judgement, work, holdout, attempts)

    something_left = len(previous.memory) or previous.memory.gaussians
    if forgets and something_left:
        work = replace(work, train=[], judging=[], refused=judgement.reason())
        holdout = [row for row in holdout if row.intent in previous.model.labels]
        candidate = recalibrated(previous, plans[0], holdout, strange)
        judgement = judge.judge(previous, candidate, [], holdout, plans[0], work.retired)
        plan_named = f"{described(plans[0])}, without the corrections"
        attempts.append({"plan": plan_named, "outcome": judgement.reason()})
    return Climbed(candidate, judgement, work, holdout, attempts)
