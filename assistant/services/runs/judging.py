"""Judging a candidate: before and after on the holdout, cross-validation where that is too small, the gates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assistant.counting import counted
from assistant.domain import LabelledText
from assistant.evaluation.gates import GATES, NewIntents, Outcome, Verdict
from assistant.evaluation.report import Comparison, CrossValidated, Report, report
from assistant.learning.plans import UpdatePlan
from assistant.learning.training import Progress
from assistant.learning.update import Learner, update
from assistant.model.classifier import IntentClassifier
from assistant.model.doubt_fit import FEWEST
from assistant.strategies import Spec, build

FOLDS = 5
FALLS_SHORT = "; label more messages of a new intent that falls short, or merge or retire it at the desk"


@dataclass(frozen=True)
class Judgement:
    comparison: Comparison
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        return all(verdict.outcome is not Outcome.REFUSED for verdict in self.verdicts)

    @property
    def only_new(self) -> bool:
        """Whether nothing but new intents that fall short refuses it."""
        refused = [v for v in self.verdicts if v.outcome is Outcome.REFUSED]
        return bool(refused) and all(v.intent in self.comparison.new for v in refused)

    @property
    def unproven(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.outcome is Outcome.UNPROVEN]

    def reason(self) -> str:
        """One sentence: what refused it, or that everything passed, and what could not be proven."""
        refused = [v for v in self.verdicts if v.outcome is Outcome.REFUSED]
        if refused:
            named = "; ".join(f"{v.gate}: {v.reason}" for v in refused[:3])
            more = f" and {len(refused) - 3} more, listed in the report" if len(refused) > 3 else ""
            advice = FALLS_SHORT if any(v.gate == "new_intents" for v in refused) else ""
            return f"refused by {named}{more}{advice}"
        return "every gate passed" + (f"; {len(self.unproven)} unproven" if self.unproven else "")


@dataclass(frozen=True, slots=True)
class Erasure:
    """What it cost to take out what is to be forgotten, which no gate may refuse: the share of right holdout rows of
    the intents that were known, before and after; None without rows."""

    before: float | None
    after: float | None

    @classmethod
    def of(
        cls, before: Learner, after: Learner, holdout: Sequence[LabelledText], retired: Mapping[str, str | None]
    ) -> Erasure:
        was, now = (report(learner.model, holdout, retired) for learner in (before, after))
        return cls(was.accuracy(was.known), now.accuracy(was.known))

    def shares(self) -> str | None:
        """Both, for the report; None without rows."""
        return None if self.before is None or self.after is None else f"{self.before:.2%} → {self.after:.2%}"

    def told(self) -> str:
        """Half a sentence; empty where nothing was lost."""
        if self.before is None or self.after is None or self.after >= self.before:
            return ""
        return f"; what had to be forgotten took the known intents together from {self.before:.2%} to {self.after:.2%}"


def no_doubt(model: IntentClassifier, holdout: Sequence[LabelledText]) -> str | None:
    """Why a version calibrated on these rows cannot tell that a message has none of its intents; None if it can."""
    if model.calibration.doubt is not None:
        return None
    rows = sum(row.intent in model.labels for row in holdout)
    if len(model.labels) < 2:
        why = "it knows a single intent"
    elif rows < FEWEST:
        why = f"it has {counted(rows, 'holdout row')}, and that takes {FEWEST}: label or import more"
    else:
        why = "such messages would look like its own holdout rows"
    return f"this version cannot tell which messages have none of its intents: {why}"


@dataclass(frozen=True)
class Judge:
    """The gates by name."""

    gates: Sequence[Spec]

    def judge(
        self,
        previous: Learner,
        candidate: Learner,
        train: Sequence[LabelledText],
        holdout: Sequence[LabelledText],
        plan: UpdatePlan,
        retired: Mapping[str, str | None] | None = None,
        otherwise: Collection[str] = (),
        start: Learner | None = None,
        progress: Progress = lambda done, total: None,
    ) -> Judgement:
        """The verdicts of every gate on `candidate`, which `plan` made of `previous`, or of `start`, and `train`.

        What is `retired` is passed over as in the chat; see `report`. `otherwise` are texts of `train` that `previous`
        has learned as another intent's; see `cross_validate`.
        """
        before, after = (_reported(learner, holdout, retired or {}) for learner in (previous, candidate))
        gates = [build(GATES, gate) for gate in self.gates]
        enough = max((gate.min_rows for gate in gates if isinstance(gate, NewIntents)), default=0)
        small = [i for i in sorted(after.known - before.known) if after.count(i) < enough]
        proof = cross_validate(start or previous, small, train, holdout, plan, otherwise, retired, progress)
        after = replace(after, cross_validated=proof)
        return self.verdicts(Comparison(before, after))

    def verdicts(self, comparison: Comparison) -> Judgement:
        """The verdicts of every gate on two reports of the same rows."""
        found = [verdict for gate in self.gates for verdict in build(GATES, gate).judge(comparison)]
        return Judgement(comparison, tuple(found))


def _reported(learner: Learner, holdout: Sequence[LabelledText], retired: Mapping[str, str | None]) -> Report:
    """What the learner does, with intents that it has forgotten known no longer, though their output rows are there:
    one that comes back is to prove itself as a new one."""
    memory = learner.memory
    learned = {*memory.intents, *(memory.gaussians or ()), *(name for name, rows in memory.arrived.items() if rows)}
    found = report(learner.model, holdout, retired)
    return replace(found, known=found.known & learned)


def cross_validate(
    previous: Learner,
    intents: Sequence[str],
    train: Sequence[LabelledText],
    holdout: Sequence[LabelledText],
    plan: UpdatePlan,
    otherwise: Collection[str] = (),
    retired: Mapping[str, str | None] | None = None,
    progress: Progress = lambda done, total: None,
) -> dict[str, CrossValidated]:
    """How each of `intents` does when every one of its rows is predicted by an update that did not see it, with those
    that are `retired` passed over.

    All rows of these intents take part, those of the holdout too: nothing trained here is kept. Rows whose text
    `previous` has learned as another intent's (`otherwise`) are learned in each update and predicted by none: what it
    has summed up of them would speak for the intent that they had.
    Intents with a single row to predict cannot be split; they are left out.
    """
    wanted = set(intents)
    rows = [row for row in (*train, *holdout) if row.intent in wanted and row.text not in otherwise]
    counts = {intent: sum(row.intent == intent for row in rows) for intent in intents}
    rows = [row for row in rows if counts[row.intent] > 1]
    if not rows:
        return {}
    others = [row for row in train if row.intent not in wanted or row.text in otherwise]
    labels = np.array([row.intent for row in rows])
    right = dict.fromkeys(labels, 0)
    folds = _folds(labels)
    for done, fold in enumerate(folds):
        progress(done, len(folds))  # each is an update: in a large shop the night mostly waits for them
        tested = set(fold.tolist())
        learned = [row for number, row in enumerate(rows) if number not in tested]
        model = update(previous, [*others, *learned], plan).model
        judged = [rows[number] for number in fold]
        correct = report(model, judged, retired).correct
        for row, hit in zip(judged, correct, strict=True):
            right[row.intent] += int(hit)
    return {intent: CrossValidated(right[intent], counts[intent]) for intent in right}


def _folds(labels: np.ndarray) -> list[np.ndarray]:
    """Test rows of each fold; every intent keeps at least one row to learn from in each. An intent of so few rows that
    it has fewer folds leaves those of the others as they are."""
    from sklearn.model_selection import KFold  # loads for a second, and few nights need it

    folds: list[list[np.ndarray]] = [[] for _ in range(FOLDS)]
    for intent in sorted(set(labels)):
        own = np.flatnonzero(labels == intent)
        splitter = KFold(n_splits=min(FOLDS, len(own)), shuffle=True, random_state=0)
        for fold, (_, test) in zip(folds, splitter.split(own), strict=False):
            fold.append(own[test])
    return [np.concatenate(fold) for fold in folds if fold]
