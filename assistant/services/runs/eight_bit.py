"""Whether a version may answer with an encoder of eight-bit weights: the gates of the nightly command decide."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from assistant.domain import LabelledText, Version
from assistant.errors import InputError
from assistant.evaluation.report import Comparison, Judged, report
from assistant.reading import read_whole
from assistant.services.files import write_atomically
from assistant.services.runs.judging import Judge, Judgement
from assistant.services.runs.work import parted
from assistant.store.unit_of_work import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EightBit:
    """`folder` keeps the verdict on each version, so that only the first start with it takes the time to judge.

    It is judged where it is served, not where it was trained: how such weights are computed depends on the processor.
    """

    store: Store
    judge: Judge
    folder: Path

    def allowed(self, version: Version, exact: Callable[[], Judged], rounded: Judged) -> bool:
        """Whether `rounded` loses no more against `exact` on the holdout than a new version may against the old."""
        file = self.folder / f"int8-{version.id}.json"
        gates = [gate.model_dump() for gate in self.judge.gates]
        with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):  # none kept, or none that can be read
            kept = json.loads(read_whole(file))
            if kept["gates"] == gates:
                return bool(kept["passed"])
        judgement = self._judged(exact(), rounded)
        said = {"passed": judgement.passed, "reason": judgement.reason(), "gates": gates}
        if judgement.passed:
            log.info("version %s is served with weights of eight bits: %s", version.id, said["reason"])
        else:
            log.warning(
                "version %s is served in single precision, as eight bits are too few for it: %s",
                version.id, said["reason"],
            )  # fmt: skip
        try:
            write_atomically(file, json.dumps(said, indent=1).encode())
        except InputError as error:
            log.warning("the verdict could not be kept, so the next start judges again: %s", error)
        return judgement.passed

    def _judged(self, exact: Judged, rounded: Judged) -> Judgement:
        with self.store.unit(read_only=True) as uow:
            holdout: list[LabelledText] = [example.labelled() for example in parted(uow.examples.holdout())[0]]
        rows = [row for row in holdout if row.intent in exact.labels]
        return self.judge.verdicts(Comparison(report(exact, rows), report(rounded, rows)))
