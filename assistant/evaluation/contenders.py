"""Who takes part in a stream: plans of `update()` and anchors, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, runtime_checkable

from assistant.domain import LabelledText
from assistant.errors import InputError, UnknownStrategyError
from assistant.evaluation.anchors import ANCHORS
from assistant.evaluation.consolidating import ConsolidatingNights, JointFineTune
from assistant.learning.plans import PLANS, UpdatePlan
from assistant.learning.tuning import TuningPlan
from assistant.learning.update import Learner, update
from assistant.model.encoder import TextEncoder, Vectors
from assistant.strategies import nearest

# What `--anchors` adds: how good and how bad it can get, and what replay alone achieves.
REFERENCES = (*ANCHORS, "replay-only", "naive")
FINE_TUNE = "joint-fine-tune"  # takes minutes a night, so that it joins only when named


class Contender(Protocol):
    """Learns night after night and says what it takes a message for. It may keep whatever it likes."""

    @property
    def encoder(self) -> TextEncoder:
        """What embeds the messages that it is asked about; another one after a night that trained it."""

    def learn(self, new: Sequence[LabelledText]) -> None:
        """Takes in the rows of one night, at least one."""

    def predict(self, embeddings: Vectors) -> list[str]:
        """An intent for each row, after the first night. Shape: (rows, dimension)."""


@runtime_checkable
class Versioned(Protocol):
    """A contender each of whose nights makes what a version folder holds."""

    @property
    def learner(self) -> Learner: ...


class NightlyUpdate:
    """What `assistant retrain` does, by a plan."""

    def __init__(self, encoder: TextEncoder, seed: int, plan: UpdatePlan) -> None:
        self._plan = replace(plan, seed=seed)
        self.learner = Learner.untrained(encoder, self._plan)
        self.encoder = encoder

    def learn(self, new: Sequence[LabelledText]) -> None:
        self.learner = update(self.learner, new, self._plan)

    def predict(self, embeddings: Vectors) -> list[str]:
        model = self.learner.model
        return [model.labels.intents[row] for row in model.logits(embeddings).argmax(dim=1).tolist()]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the comparison. `start` makes the contender, given encoder and seed.

    `memory` is exemplars per intent; None for an anchor, and for a plan to which the sizes given make no difference.
    """

    name: str
    memory: int | None
    start: Callable[[TextEncoder, int], Contender]

    @property
    def title(self) -> str:
        return self.name if self.memory is None else f"{self.name}, {self.memory} exemplars"


def entries(names: Sequence[str], memories: Sequence[int], consolidate: int | None = None) -> list[Entry]:
    """Each named plan with each size of memory (once where it never looks at its memory), each named anchor once.

    With `consolidate` >= 1 every plan trains its encoder in every so many-th night, and so does joint-fine-tune,
    which otherwise does so in each night after the first.

    Raises UnknownStrategyError for an unknown name, InputError for sizes below 0 and for anything given twice.
    """
    known = {**PLANS, **ANCHORS, FINE_TUNE: JointFineTune}
    if consolidate is not None and consolidate < 1:
        raise InputError(f"consolidate = {consolidate}: give every how many nights the encoder trains, 1 or more")
    for name in names:
        if name not in known:
            raise UnknownStrategyError(f"unknown plan {name!r}{nearest(name, known)}; choose from: {', '.join(known)}")
    if not names or len(set(names)) != len(names):
        raise InputError(f"plans = {', '.join(names) or 'none'}: name one or more, each once")
    if not memories or len(set(memories)) != len(memories) or min(memories) < 0:
        raise InputError(f"memory = {list(memories)}: give the exemplars kept per intent, 0 or more, each size once")
    found = []
    for name in names:
        if name == FINE_TUNE:
            found.append(Entry(name, None, partial(JointFineTune, every=consolidate or 1)))
        elif name in ANCHORS:
            found.append(Entry(name, None, ANCHORS[name]))
        elif len(memories) > 1 and not _looks_at_memory(PLANS[name]):
            found.append(Entry(name, None, _nightly(name, memories[0], consolidate)))
        else:
            found += [Entry(name, size, _nightly(name, size, consolidate)) for size in memories]
    return found


def _nightly(name: str, memory: int, consolidate: int | None) -> Callable[[TextEncoder, int], Contender]:
    plan = replace(PLANS[name], memory=memory)
    if consolidate is None:
        return partial(NightlyUpdate, plan=plan)
    return partial(ConsolidatingNights, plan=plan, tuning=TuningPlan(), every=consolidate)


def _looks_at_memory(plan: UpdatePlan) -> bool:
    """Whether exemplars decide anything; a regulariser may use them even where none is replayed."""
    return plan.replay > 0 or plan.regularizer.name != "none"
