"""Split digits: what the regulariser's strength trades, on a net small enough to be tried in seconds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from assistant.domain import LabelledText, LabelSet
from assistant.errors import InputError
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, update
from assistant.model.encoder import Progress, Vectors
from assistant.model.head import extend_rows
from assistant.strategies import Spec

TASKS = (("0", "1"), ("2", "3"), ("4", "5"), ("6", "7"), ("8", "9"))
STRENGTHS = (0.0, 1.0, 100.0, 1e4, 1e6, 1e8, 1e10)
PLAN = UpdatePlan(
    scope=Spec(name="head"), hidden=64, replay=0.0, memory=1, distillation=0.0, dropout=0.0, smoothing=0.0,
    batch_size=64, least_steps=150, epochs=1, learning_rate=5e-3,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Point:
    """Means of accuracies in [0, 1], told which of the five tasks a digit is of.

    `learned` is that of each task but the last right after it came, `old` the same tasks' after the last one, `new`
    that of each task but the first right after it came.
    """

    strength: float
    learned: float
    old: float
    new: float

    @property
    def kept(self) -> float:
        """The share of the old tasks' accuracy that is left."""
        return self.old / self.learned


class Pixels:
    """8 × 8 pixels as the embedding, of unit length; a text is the number of an image."""

    name, fingerprint, dimension = "pixels", "pixels", 64

    def __init__(self, images: NDArray[np.float64]) -> None:
        self._rows = (images / np.linalg.norm(images, axis=1, keepdims=True)).astype(np.float32)

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        found: Vectors = self._rows[[int(text) for text in texts]]
        return found


def run_digits(
    strengths: Sequence[float] = STRENGTHS, *, seed: int = 0, progress: Callable[[str, int, int], None] | None = None
) -> list[Point]:
    """Diagonal EWC at each strength: five tasks of two digits come one after the other, through `update()`.

    All ten output rows are there from the start, so that the penalty holds the whole net, and nothing is replayed.
    The Fisher carried on is the mean over the tasks so far. Raises InputError for strengths that cannot be.
    """
    if not strengths or not all(np.isfinite(strength) and strength >= 0 for strength in strengths):
        raise InputError(f"strengths = {list(strengths)}: give one or more numbers, 0 or more")
    digits = load_digits()
    parts = train_test_split(np.arange(len(digits.target)), test_size=0.3, random_state=0, stratify=digits.target)
    train, test = ([LabelledText(str(row), str(digits.target[row])) for row in part] for part in parts)
    encoder = Pixels(digits.data)
    points = []
    if progress:
        progress("strengths", 0, len(strengths))
    for number, strength in enumerate(strengths):
        points.append(_point(encoder, train, test, strength, seed))
        if progress:
            progress("strengths", number + 1, len(strengths))
    return points


def _point(
    encoder: Pixels, train: Sequence[LabelledText], test: Sequence[LabelledText], strength: float, seed: int
) -> Point:
    learner = Learner.untrained(encoder, replace(PLAN, seed=seed))
    learner.model.head.out_proj = extend_rows(learner.model.head.out_proj, 10)
    labels = LabelSet(tuple(digit for task in TASKS for digit in task))
    learner = replace(learner, model=replace(learner.model, labels=labels))
    after = np.zeros((len(TASKS), len(TASKS)))
    for number, task in enumerate(TASKS):
        spec = Spec.model_validate({"name": "ewc", "strength": strength, "decay": number / (number + 1)})
        plan = replace(PLAN, regularizer=spec, seed=seed)
        learner = update(learner, [row for row in train if row.intent in task], plan)
        after[number] = [_accuracy(learner, judged, test) for judged in TASKS]
    learned, final = after.diagonal(), after[-1]
    return Point(strength, float(learned[:-1].mean()), float(final[:-1].mean()), float(learned[1:].mean()))


def _accuracy(learner: Learner, task: tuple[str, str], test: Sequence[LabelledText]) -> float:
    """The share of the task's digits taken for the right one of its two."""
    rows = [row for row in test if row.intent in task]
    columns = [learner.model.labels.index(digit) for digit in task]
    logits = learner.model.logits(learner.model.encoder.embed([row.text for row in rows]))[:, columns]
    return float(np.mean([task[best] == row.intent for best, row in zip(logits.argmax(dim=1), rows, strict=True)]))


def as_json(points: Sequence[Point]) -> list[dict[str, Any]]:
    return [{**asdict(point), "kept": point.kept} for point in points]


def as_markdown(points: Sequence[Point]) -> str:
    lines = ["| strength | old tasks after all % | kept % | new tasks % |", "|---:|---:|---:|---:|"]
    for p in points:
        lines.append(f"| {p.strength:g} | {100 * p.old:.1f} | {100 * p.kept:.1f} | {100 * p.new:.1f} |")
    return "\n".join(lines)
