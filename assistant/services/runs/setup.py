"""The first start: intents and rows into the store, a first version trained and published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from assistant.domain import OUT_OF_SCOPE, Split, Version
from assistant.evaluation.entropy import predictive_entropy
from assistant.evaluation.report import Comparison, report
from assistant.learning import checkpoint
from assistant.learning.plans import UpdatePlan
from assistant.learning.update import Learner, update
from assistant.model.encoder import CachedEncoder, TextEncoder
from assistant.services.rows.corpus import Corpus
from assistant.services.runs.judged import NO_DOUBT
from assistant.services.runs.judging import no_doubt
from assistant.services.runs.locking import locked
from assistant.services.runs.publishing import version_id
from assistant.services.runs.report import measured
from assistant.store import prepare
from assistant.store.unit_of_work import Store

ACTOR = "setup"


def is_set_up(store: Store) -> bool:
    """Whether a version is live."""
    with store.unit(read_only=True) as uow:
        return uow.versions.live() is not None


def set_up(
    store: Store,
    corpus: Corpus,
    encoder: TextEncoder,
    plan: UpdatePlan,
    folder: Path,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> None:
    """Trains and publishes a first version from `corpus`. Does nothing when a version is live already.

    What it puts into the store appears in one transaction, so a start that was cut off is simply made again.
    The rows trained on are put there too: a customer who types one of them must not move it to the holdout.
    Rows of the intent OUT_OF_SCOPE are not learned as one; they tell what to take for out of scope.
    Raises LockedError when another process is at it.
    """
    with locked(store, 600) as lock:
        progress = lock.renewing(progress)
        if is_set_up(store):
            return
        clock, started = perf_counter(), datetime.now(UTC)
        sides = {Split.TRAIN: corpus.train, Split.HOLDOUT: corpus.unseen()}
        rows, holdout = ([row for row in side if row.intent != OUT_OF_SCOPE] for side in sides.values())
        outside = [row.text for side in sides.values() for row in side if row.intent == OUT_OF_SCOPE]
        known = CachedEncoder(encoder)
        known.embed(
            [*(row.text for row in (*rows, *holdout)), *outside],
            lambda done, total: progress("reading the corpus", done, total),
        )
        learner = update(
            Learner.untrained(known, plan), rows, plan, holdout=holdout, outside=outside,
            progress=lambda done, total: progress("training the first version", done, total),
        )  # fmt: skip
        result = report(learner.model, holdout)
        version = version_id(started)
        digest = checkpoint.save(folder / version, learner)
        described = {
            "title": "First version",
            "reason": f"trained from the corpus: {len(rows)} rows, {len(learner.model.labels)} intents"
            + (f"; {left}" if (left := corpus.left_out()) else ""),
            **measured(Comparison(result, result)),
            NO_DOUBT: no_doubt(learner.model, holdout),
            "predictive_entropy": predictive_entropy(learner.model, holdout),
            "seconds": round(perf_counter() - clock, 3),
            "trained_rows": len(rows),
            "out_of_scope_rows": len(outside),
        }
        row = Version(version, None, started, "ready", encoder.fingerprint, digest, described)
        prepared = [prepare(each, side) for side, given in sides.items() for each in given]
        with store.unit() as uow:
            lock.confirm(uow)
            there = {intent.name for intent in uow.intents.all()}
            for intent in corpus.intents.values():
                if intent.name not in there:
                    uow.intents.add(intent, ACTOR)
            placed = uow.examples.add_prepared(prepared, source="seed", operator=ACTOR)
            uow.versions.add(row)
            uow.versions.publish(
                version,
                expected_live=None,
                learned=[*placed.added, *placed.kept],
                actor=ACTOR,
                kind="publish",
                reason="first version, trained from the corpus",
            )
