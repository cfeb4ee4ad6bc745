"""Contenders whose encoder learns too: the nightly update with a consolidation now and then, and its upper mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from assistant.domain import LabelledText
from assistant.evaluation.anchors import JointRetrain
from assistant.learning.consolidation import known_rows, moved, tuned_encoder
from assistant.learning.lessons import Lessons
from assistant.learning.plans import UpdatePlan
from assistant.learning.tuning import TuningPlan, tune
from assistant.learning.update import Learner, update
from assistant.model.encoder import CachedEncoder, TextEncoder, Vectors, torch_encoder
from assistant.model.tuned import TrainableEncoder
from assistant.strategies import Spec

JOINT = TuningPlan(scope=Spec(name="full"), epochs=5, validation=0, distillation=0.0)


class ConsolidatingNights:
    """What `assistant retrain` does, and every so many nights `assistant retrain --consolidate`.

    Texts are there for exemplars and the night's rows alone; all that was known of other rows are the sums.
    """

    def __init__(self, encoder: TextEncoder, seed: int, plan: UpdatePlan, tuning: TuningPlan, every: int) -> None:
        self._plan, self._tuning, self._every = replace(plan, seed=seed), replace(tuning, seed=seed), every
        self.learner, self._night = Learner.untrained(encoder, self._plan), 0

    @property
    def encoder(self) -> TextEncoder:
        return self.learner.model.encoder

    def learn(self, new: Sequence[LabelledText]) -> None:
        before = self.learner.memory
        self.learner = update(self.learner, new, self._plan)
        if self._night and self._night % self._every == 0:
            rows = [*known_rows(replace(self.learner, memory=before), new)]
            with TemporaryDirectory() as folder:
                tuned = tuned_encoder(
                    torch_encoder(self.encoder), self.learner, rows, self._tuning, Path(folder) / "tuned"
                )
            self.learner = moved(self.learner, CachedEncoder(tuned), rows, self._plan)
        self._night += 1

    def predict(self, embeddings: Vectors) -> list[str]:
        model = self.learner.model
        return [model.labels.intents[row] for row in model.logits(embeddings).argmax(dim=1).tolist()]


class JointFineTune:
    """The encoder trained anew on all rows ever seen, every so many nights, and a joint head on it every night."""

    def __init__(self, encoder: TextEncoder, seed: int, every: int = 1) -> None:
        self._first, self._seed, self._every = encoder, seed, every
        self._intents: dict[str, str] = {}  # by text
        self._night = 0
        self.encoder = encoder
        self._head = JointRetrain(encoder, seed)

    def learn(self, new: Sequence[LabelledText]) -> None:
        self._intents |= {row.text: row.intent for row in new}
        if self._night and self._night % self._every == 0:
            self.encoder = self._tuned()
            self._head = JointRetrain(self.encoder, self._seed)
            new = [LabelledText(text, intent) for text, intent in self._intents.items()]
        self._head.learn(new)
        self._night += 1

    def predict(self, embeddings: Vectors) -> list[str]:
        return self._head.predict(embeddings)

    def _tuned(self) -> TextEncoder:
        texts, intents = list(self._intents), list(self._intents.values())
        numbers = {intent: number for number, intent in enumerate(sorted(set(intents)))}
        targets = np.array([numbers[intent] for intent in intents], dtype=np.int64)
        trainable = TrainableEncoder(torch_encoder(self._first))
        tune(trainable, Lessons(texts, targets, self._first.embed(texts)), replace(JOINT, seed=self._seed))
        with TemporaryDirectory() as folder:
            return CachedEncoder(trainable.saved(Path(folder) / "tuned"))
