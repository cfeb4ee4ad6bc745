"""How a trained learner becomes a version: saved, read back, known to the store, and live where nobody need look."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from assistant.domain import Version
from assistant.drafts import draft_of
from assistant.errors import AssistantError, StoreError
from assistant.learning import checkpoint
from assistant.learning.update import Learner
from assistant.services.intents.bringing_back import renew_forgotten
from assistant.services.runs.candidates import self_test
from assistant.services.runs.locking import Held
from assistant.store.unit_of_work import Store


def version_id(started: datetime) -> str:
    """The name of what a run makes that began then, as `leftovers.VERSION` knows it again."""
    return f"v{started:%Y%m%d%H%M%S}-{uuid.uuid4().hex[:6]}"


def keep(
    store: Store,
    folder: Path,
    lock: Held,
    learner: Learner,
    version: Version,
    *,
    learned: Sequence[int],
    actor: str,
    why: str,
    hold: bool,
    ready: Callable[[Path], None] = lambda folder: None,
) -> None:
    """Keeps `learner` as `version`, which need not have its checksum yet, in the `folder` of versions; unless `hold`,
    publishes it in place of its parent, and the examples `learned` are so from then on.

    `ready` gets the saved folder before the store knows of the version. Raises CorruptVersionError when the saved one
    answers otherwise, LockedError when another run has taken `lock`, StoreError when a label was taken back since the
    run began, LiveVersionChangedError when its parent is no longer live. Of what it raises for no folder is left.
    """
    saved = folder / version.id
    try:
        digest = checkpoint.save(saved, learner)
        self_test(saved, learner, digest)
        ready(saved)
        with store.unit() as uow:
            lock.confirm(uow)
            uow.versions.add(replace(version, manifest_sha256=digest))
            if hold:
                return
            if uow.examples.taken_back(learned):
                raise StoreError("a label was taken back while the run was at work; nothing was published, start again")
            uow.versions.publish(
                version.id, expected_live=version.parent, learned=learned, actor=actor, kind="publish", reason=why
            )
            renew_forgotten(uow)
    except AssistantError:
        _discard(store, saved)
        raise


def _discard(store: Store, saved: Path) -> None:
    """Deletes what the store did not come to know: where that was for a full disk, no message of a customer could be
    written as long as the folder takes its room."""
    with suppress(StoreError, OSError):  # the first error is the one to tell
        with store.unit(read_only=True) as uow:
            if saved.name in uow.versions.ids():
                return
        draft = draft_of(saved)
        saved.rename(draft)  # a folder of which half is left looks like a damaged version
        shutil.rmtree(draft, ignore_errors=True)
