"""The ladder: a plan that the gates refuse gives way to the next, until one passes or none is left; then what kept
them from passing waits, and the rest is tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.domain import LabelledText
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, recalibrated, update
from assistant.services.runs.candidates import described
from assistant.services.runs.judged import without_news
from assistant.services.runs.judging import Judge, Judgement
from assistant.services.runs.setting_aside import at_fault
from assistant.services.runs.work import Progress, Work

ROUNDS = 6  # the first climbs the ladder, each other one makes an update: of some hundred intents that takes minutes


@dataclass(frozen=True)
class Climbed:
    """Where it ended. `work` is what the candidate has learned by `plan`, `holdout` what it was judged on, and
    `attempts` has a plan and its outcome each. `at_fault` are the fewest intents whose corrections a plan was refused
    for, and `nearest` is that plan."""

    candidate: Learner
    judgement: Judgement
    work: Work
    holdout: list[LabelledText]
    plan: str
    attempts: list[dict[str, Any]]
    at_fault: frozenset[str] = frozenset()
    nearest: UpdatePlan | None = None


def climb(
    previous: Learner, work: Work, plans: Sequence[UpdatePlan], judge: Judge, *, forgets: bool, progress: Progress
) -> Climbed:
    """The first candidate that passes, else the last one of all corrections.

    Where every plan is refused, the corrections of the intents at fault are set aside, and the plan that came nearest
    tries the others, up to ROUNDS times in all. What a learner `forgets` does not wait for corrections that pass: it
    goes, and nothing is learned.
    """
    first = climbed = _rungs(previous, work, plans, judge, progress)
    attempts = first.attempts
    for _ in range(1, ROUNDS):
        fewer = replace(climbed.work.without(climbed.at_fault), refused=first.judgement.reason())
        if climbed.judgement.passed or climbed.nearest is None or fewer.nothing:
            break
        climbed = _rungs(previous, fewer, [climbed.nearest], judge, progress)
        attempts = [*attempts, *climbed.attempts]
    if climbed.judgement.passed:
        return replace(climbed, attempts=attempts)

    something_left = len(previous.memory) or previous.memory.gaussians
    if not (forgets and something_left):
        return replace(first, attempts=attempts)
    work = replace(work, train=[], judging=[], refused=first.judgement.reason())
    holdout = [row for row in first.holdout if row.intent in previous.model.labels]
    candidate = recalibrated(previous, plans[0], holdout, _outside(work))
    judgement = judge.judge(previous, candidate, [], holdout, plans[0], work.retired)
    plan_named = f"{described(plans[0])}, without the corrections"
    attempts = [*attempts, {"plan": plan_named, "outcome": judgement.reason()}]
    return Climbed(candidate, judgement, work, holdout, plan_named, attempts)


def _rungs(previous: Learner, work: Work, plans: Sequence[UpdatePlan], judge: Judge, progress: Progress) -> Climbed:
    """Plan after plan, until one passes."""
    train = [example.labelled() for example in work.train]
    strange = _outside(work)
    intents = {*previous.model.labels, *(row.intent for row in train)}
    holdout = [row for row in work.holdout if row.intent in intents]
    texts = [*(row.text for row in (*train, *holdout)), *strange]
    previous.model.encoder.embed(texts, lambda done, total: progress("embedding", done, total))
    stubborn = without_news(work.live, (*work.train, *work.judging))
    left_out = ", ".join(sorted({example.intent for example in work.aside}))

    attempts: list[dict[str, Any]] = []
    faults: list[tuple[frozenset[str], UpdatePlan]] = []
    for rung, plan in enumerate(plans, 1):
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
        named = described(plan, candidate if train else None) + (f", without {left_out}" if left_out else "")
        attempts.append({"plan": named, "outcome": outcome})
        if judgement.passed:
            break
        found = at_fault(judgement, candidate, holdout, work.retired, {row.intent for row in train}, plan)
        faults += [(found, plan)] if found else []
        in_vain = judgement.only_new and not any(_holds_less(other, plan) for other in plans[rung:])
        if found and (in_vain or found <= stubborn):  # the whole ladder was climbed with those before
            break
    fewest, nearest = min(faults, key=lambda fault: len(fault[0]), default=(frozenset[str](), None))
    return Climbed(candidate, judgement, work, holdout, named, attempts, fewest, nearest)


def _holds_less(other: UpdatePlan, plan: UpdatePlan) -> bool:
    """Whether it may help a new intent that falls short: what holds the old ones more does not."""
    strength, than = (each.regularizer.options.get("strength", 1.0) for each in (other, plan))
    return strength < than or other.replay < plan.replay


def _outside(work: Work) -> list[str]:
    return [example.text for example in work.outside]
