"""A version that waits for a person: one more for each night that nobody looks would fill the disk."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.domain import Version
from assistant.errors import CorruptVersionError
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner
from assistant.services.runs.candidates import described, keeps_too_much
from assistant.services.runs.work import Work
from assistant.store.unit_of_work import Store


@dataclass(frozen=True, slots=True)
class Waiting:
    """The version's name, and which examples were tried when it was made and which of them it has learned."""

    version: str
    tried: frozenset[int]
    learned: frozenset[int]

    def told(self, work: Work, *, forgets: bool) -> str:
        """What it has learned and forgotten, and what to do with it."""
        some = "just these" if self.learned == self.tried else "a part of these"
        has = [f"with {some} corrections"] if self.learned and not work.nothing else []
        has += ["without what is to be forgotten"] if forgets else []
        told = f"version {self.version} waits {' and '.join(has)}: `assistant publish {self.version}` makes it live"
        if self.learned == self.tried:
            return told
        return (
            f"{told}; the {'others' if self.learned else 'corrections'} were refused with it, and are tried again after"
            " that"
        )


def waiting_version(
    store: Store,
    folder: Path,
    load: Callable[[Version], Learner],
    plan: UpdatePlan,
    tried: Collection[int],
    work: Work,
) -> Waiting | None:
    """The one in `folder` that was made of the live one when the same was tried, with `plan` first, has nothing that is
    to be forgotten and was never live."""
    with store.unit(read_only=True) as uow:
        ever_live = {past.to_version for past in uow.versions.history()}  # one of them may have been rolled back
        every = [version for version in uow.versions.all() if version.id not in ever_live]
    for version in every:
        report: dict[str, Any] = dict(version.report)
        by = (report.get("attempts") or [{}])[0].get("plan", "")
        learned = frozenset(report.get("learned_examples", ()))
        then = frozenset(report.get("tried_examples", learned))
        same = version.parent == work.live.id and then == frozenset(tried) and by.startswith(described(plan))
        if same and (folder / version.id).is_dir() and _has_forgotten(load, version, plan, work):
            return Waiting(version.id, then, learned)
    return None


def _has_forgotten(load: Callable[[Version], Learner], version: Version, plan: UpdatePlan, work: Work) -> bool:
    try:
        learner = load(version)
    except CorruptVersionError:
        return False
    known = {*learner.memory.intents, *(learner.memory.gaussians or ())}
    too_much = keeps_too_much(learner, plan, [example.text for example in work.outside])
    return not work.forgotten(learner) and known.isdisjoint(work.erased) and not too_much
